"""Who may be the same person as a contact, and the pairs that a search found."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower

from contacts.models import Contact, ContactEmail, ContactPhone, DuplicatePair, Match
from contacts.models.search import SearchText
from contacts.queries.linkedin import linkedin_key, linkedin_spellings
from contacts.queries.profile import UNSHOWN
from crm.jobs.models import Job
from crm.pagination import BadCursor, Page, SortKey, keyset_page
from crm.teams.models import Team

# What more contacts than this have in common is a switchboard or a team's profile, not a person.
SHARED = 10
SIZE = 50
OFFERED = 20
AT_ONCE = 1000  # pairs that one job merges
SEARCH = "duplicates"  # kind of the job
STRONGEST = SortKey(field="match", descending=True)
LATEST = SortKey(field="dismissed_at", descending=True)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A contact that may be the same person as another one."""

    pk: int
    name: str
    account: str
    deleted_at: datetime | None
    match: Match


def find_candidates(
    contact: Contact, *, emails: Collection[str], phones: Collection[str]
) -> list[Candidate]:
    """Return who may be the same person as the contact, the likeliest first. One query.

    Every part of it looks into an index: contact_email_team_binned, contact_phone_team_number,
    contact_team_linkedin, contact_team_account.
    """
    parts = _parts(contact, emails=emails, phones=phones)
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    by_match: dict[int, list[Any]] = {}
    for row in rows:
        by_match.setdefault(row[-1], []).append(row)
    found: dict[int, Candidate] = {}
    for match in sorted(by_match, reverse=True):
        if len(by_match[match]) > SHARED:
            continue
        for pk, name, account, deleted_at, _match in by_match[match]:
            known = found.get(pk)
            found[pk] = Candidate(
                pk=pk,
                name=name,
                account=account or "",
                deleted_at=deleted_at,
                match=Match(match) | (known.match if known else 0),
            )
    return sorted(found.values(), key=lambda one: (-one.match, one.pk))


def find_others(contact: Contact, typed: str) -> list[tuple[Contact, str]]:
    """Return contacts to merge with this one, each with what tells it apart.

    Those that match what is typed, or before anything is typed those that may be the same person.
    """
    rows = Contact.objects.select_related("account").defer(*UNSHOWN)
    if typed:
        found = rows.saved().search(SearchText.parse(typed)).exclude(pk=contact.pk)
        return [
            (one, one.primary_email) for one in found.order_by("name_sort")[:OFFERED]
        ]
    emails = ContactEmail.objects.filter(contact=contact)
    phones = ContactPhone.objects.filter(contact=contact)
    candidates = find_candidates(
        contact,
        emails=list(emails.values_list("email_norm", flat=True)),
        phones=list(phones.values_list("number", flat=True)),
    )
    notes = {one.pk: ", ".join(one.match.labels) for one in candidates}
    likely = {one.pk: one for one in rows.filter(pk__in=notes)} if notes else {}
    return [(likely[pk], note) for pk, note in notes.items() if pk in likely]


def _parts(
    contact: Contact, *, emails: Collection[str], phones: Collection[str]
) -> list[QuerySet]:
    everybody = Contact.objects.exclude(pk=contact.pk).exclude(
        pk__in=_dismissed_with(contact)
    )
    saved = everybody.filter(deleted_at=None)
    parts = []
    if emails:
        # Living contacts never share an address: the other one is in the bin.
        rows = ContactEmail.objects.filter(is_live=False, email_norm__in=emails)
        binned = everybody.filter(deleted_at__isnull=False, merged_into=None)
        parts.append((Match.EMAIL, binned.filter(pk__in=rows.values("contact"))))
    if contact.linkedin_url:
        spellings = linkedin_spellings(linkedin_key(contact.linkedin_url))
        urls = {*spellings, contact.linkedin_url}
        parts.append((Match.LINKEDIN, saved.filter(linkedin_url__in=urls)))
    if phones:
        rows = ContactPhone.objects.filter(number__in=phones)
        parts.append((Match.PHONE, saved.filter(pk__in=rows.values("contact"))))
    if contact.account_id:
        same = saved.filter(account=contact.account_id, name_sort=contact.name_sort)
        parts.append((Match.NAME, same))
    return [
        rows.annotate(match=Value(match.value)).values_list(
            "pk", "name", "account__name", "deleted_at", "match"
        )[: SHARED + 1]
        for match, rows in parts
    ]


def _dismissed_with(contact: Contact) -> QuerySet:
    """Return the ids of whom somebody said that they are not this contact."""
    dismissed = DuplicatePair.objects.dismissed()
    first = dismissed.filter(first=contact).values("second")
    return first.union(dismissed.filter(second=contact).values("first"))


def matching_groups() -> Iterator[tuple[Match, Sequence[int]]]:
    """Yield ids of contacts with what they have in common, the strongest signs first.

    Each kind is one pass over a table, grouped by the database; nothing is compared pair by pair.
    """
    live = ContactEmail.objects.filter(is_live=True, email_norm=OuterRef("email_norm"))
    binned = ContactEmail.objects.filter(is_live=False, contact__merged_into=None)
    twins = binned.annotate(other=Subquery(live.values("contact")[:1]))
    for pair in twins.exclude(other=None).values_list("contact", "other"):
        yield Match.EMAIL, pair
    saved = Contact.objects.saved()
    profiles = saved.exclude(linkedin_url="").annotate(key=_linkedin_key())
    for ids in _grouped(profiles, "key"):
        yield Match.LINKEDIN, ids
    phones = ContactPhone.objects.filter(contact__deleted_at=None)
    for ids in _grouped(phones, "number", member="contact"):
        yield Match.PHONE, ids
    for ids in _grouped(saved.exclude(account=None), "account", "name_sort"):
        yield Match.NAME, ids


def _grouped(rows: QuerySet, *keys: str, member: str = "pk") -> Iterator[Sequence[int]]:
    groups = rows.values(*keys).annotate(
        size=Count(member, distinct=True), members=ArrayAgg(member, distinct=True)
    )
    found = groups.filter(size__range=(2, SHARED)).order_by()
    yield from found.values_list("members", flat=True).iterator()


def _linkedin_key() -> Lower:
    """Return the expression of contacts.queries.linkedin.linkedin_key."""
    path = Func(
        F("linkedin_url"), Value(r"[?#].*$"), Value(""), function="regexp_replace"
    )
    return Lower(
        Func(
            path,
            Value(r"^.*linkedin\.com/|/+$"),
            Value(""),
            Value("gi"),
            function="regexp_replace",
        )
    )


def pairs_page(*, dismissed: bool, cursor: str) -> Page:
    """Return a page of pairs with their contacts: one query, by an index."""
    pairs = DuplicatePair.objects.dismissed() if dismissed else open_pairs()
    pairs = pairs.filter(first__merged_into=None, second__merged_into=None)
    rows = pairs.select_related("first__account", "second__account")
    sort = LATEST if dismissed else STRONGEST
    try:
        return keyset_page(rows, sort=sort, cursor=cursor, size=SIZE)
    except BadCursor:
        return keyset_page(rows, sort=sort, cursor="", size=SIZE)


def open_pairs() -> QuerySet:
    """Return the pairs that can be merged: one of the two may be in the bin."""
    is_saved = Q(first__deleted_at=None) | Q(second__deleted_at=None)
    not_merged = Q(first__merged_into=None, second__merged_into=None)
    return DuplicatePair.objects.open().filter(is_saved & not_merged)


def pairs_with(match: Match) -> QuerySet:
    """Return the open pairs that have this in common, whatever else."""
    shared = F("match").bitand(match.value)
    return open_pairs().annotate(shared=shared).filter(shared__gt=0)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What merging all pairs with something in common would do."""

    number: int  # of pairs
    up_to: int  # the last id that was counted
    pairs: Sequence[DuplicatePair]  # the first of them, with their contacts


def preview_of(match: Match) -> Preview:
    """Return what would be merged: at most AT_ONCE pairs. Two queries."""
    pairs = pairs_with(match).order_by("pk")
    ids = list(pairs.values_list("pk", flat=True)[:AT_ONCE])
    shown = pairs.filter(pk__in=ids[:SIZE]).select_related(
        "first__account", "second__account"
    )
    return Preview(number=len(ids), up_to=ids[-1] if ids else 0, pairs=list(shown))


def latest_search() -> Job | None:
    """Return the job that searched last, or searches now; job_team_kind serves it."""
    return Job.objects.filter(kind=SEARCH).order_by("-pk").first()


def teams_to_search() -> list[int]:
    """Return the teams that may have duplicates."""
    return sorted(Team.objects.values_list("pk", flat=True))
