"""What pages say of contacts that may be one person."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from contacts import bulk_actions
from contacts.models import Contact, DuplicatePair, Match
from contacts.queries.duplicates import (
    find_candidates,
    latest_search,
    pairs_page,
    preview_of,
)
from contacts.queries.merging import MAX_CONTACTS, Review, suggest_survivor
from crm.teams.models import Membership
from layouts.registry import Visit


def duplicate_notice(visit: Visit) -> dict[str, Any] | None:
    """Return what the banner of a contact says of its likeliest double: one query."""
    contact: Contact = visit.record
    if contact.is_deleted or not visit.member.can("contacts.merge"):
        return None
    found = find_candidates(
        contact,
        emails=[row.email.lower() for row in visit.profile.emails],
        phones=[row.number for row in visit.profile.phones],
    )
    if not found:
        return None
    first, slug = found[0], visit.member.team.slug
    return {
        "pk": first.pk,
        "name": first.name,
        "account": first.account,
        "is_deleted": first.deleted_at is not None,
        "match": ", ".join(first.match.labels),
        "more": len(found) - 1,
        "merge_url": merge_url(slug, [contact.pk, first.pk]),
        "all_url": reverse("contacts:contact_merge", args=[slug, contact.pk]),
        "dismiss_url": pair_url(slug, "duplicate_dismiss", contact.pk, first.pk),
    }


def moves_text(review: Review) -> str:
    """Return what moves to the kept contact, and what becomes of the others."""
    names = ", ".join(contact.name for contact in review.absorbed)
    values = {
        "what": ", ".join(review.moves),
        "names": names,
        "keep": review.keep.name,
    }
    links = _("Links to %(names)s lead to %(keep)s from then on.") % values
    if all(contact.name == review.keep.name for contact in review.absorbed):
        links = ngettext(
            "Links to the other record lead to the kept one from then on.",
            "Links to the other records lead to the kept one from then on.",
            len(review.absorbed),
        )
    if not review.moves:
        return links
    return f"{_('Moves to %(keep)s: %(what)s.') % values} {links}"


def merge_url(slug: str, ids: Sequence[int], *, keep: int | None = None) -> str:
    """Return the address where the contacts, two or more, stand side by side."""
    url = pair_url(slug, "merge_review", ids[0], ids[1])
    query: list[tuple[str, int]] = [("contact", pk) for pk in ids[2:]]
    if keep is not None:
        query.append(("keep", keep))
    return f"{url}?{urlencode(query)}" if query else url


def pair_url(slug: str, name: str, one: int, other: int) -> str:
    kwargs = {"team_slug": slug, "contact_id": one, "other_id": other}
    return reverse(f"contacts:{name}", kwargs=kwargs)


def pair_rows(pairs: Sequence[DuplicatePair], *, slug: str) -> list[dict[str, Any]]:
    """Return the lines of the page of duplicates, without a query."""
    return [
        {
            "pk": pair.pk,
            "contacts": [pair.first, pair.second],
            "match": Match(pair.match).labels or [_("seen on the contact's page")],
            "merge_url": merge_url(slug, [pair.first_id, pair.second_id]),
            "dismiss_url": pair_url(
                slug, "duplicate_dismiss", pair.first_id, pair.second_id
            ),
            "reopen_url": pair_url(
                slug, "duplicate_reopen", pair.first_id, pair.second_id
            ),
            "dismissed_at": pair.dismissed_at,
        }
        for pair in pairs
    ]


def duplicates_state(*, slug: str, dismissed: bool, cursor: str) -> dict[str, Any]:
    """Return what the page of duplicates shows: two queries, three where a page has become empty."""
    page = pairs_page(dismissed=dismissed, cursor=cursor)
    if cursor and not page.rows:
        page = pairs_page(dismissed=dismissed, cursor="")
    url = reverse("contacts:duplicate_list", args=[slug])
    tabs = [
        (_("Possible duplicates"), url, not dismissed),
        (_("Not duplicates"), f"{url}?show=dismissed", dismissed),
    ]
    return {
        "pairs": pair_rows(page.rows, slug=slug),
        "page": page,
        "cursor": cursor,
        "show": "dismissed" if dismissed else None,
        "is_dismissed": dismissed,
        "search": latest_search(),
        "tabs": tabs,
        "at_once": [
            (
                _("All with the %s") % ", ".join(match.labels),
                reverse("contacts:duplicate_merge_all", args=[slug, kind]),
            )
            for kind, match in AT_ONCE.items()
        ],
        "section": "people",
    }


# What so many pairs may be merged by at once, by what addresses call it.
AT_ONCE = {"email": Match.EMAIL, "phone": Match.PHONE}


def preview_state(kind: str, *, member: Membership) -> dict[str, Any]:
    """Return what the page shows before all pairs with something in common are merged."""
    match, slug = AT_ONCE[kind], member.team.slug
    preview = preview_of(match)
    rows = []
    for pair in preview.pairs:
        keep = suggest_survivor([pair.first, pair.second], member)
        absorb = pair.second if keep == pair.first else pair.first
        url = merge_url(slug, [pair.first_id, pair.second_id])
        is_allowed = absorb.is_deletable_by(member)
        rows.append(
            {"keep": keep, "absorb": absorb, "url": url, "is_allowed": is_allowed}
        )
    return {
        "preview": preview,
        "pairs": rows,
        "match": ", ".join(match.labels),
        "hidden": preview.number - len(rows),
        "page_url": reverse("contacts:duplicate_list", args=[slug]),
        "section": "people",
    }


def register() -> None:
    """Called once from AppConfig.ready()."""
    bulk_actions.add(
        bulk_actions.BulkAction(
            key="merge",
            label=_lazy("Merge"),
            icon="merge",
            order=70,
            permission="contacts.merge",
            refuses=why_not_merged,
            leads_to=_selection_url,
        )
    )


def why_not_merged(number: int) -> str:
    """Return why so many contacts cannot stand side by side, "" where they can."""
    if 2 <= number <= MAX_CONTACTS:
        return ""
    return _("Choose 2 to %s contacts to merge them.") % MAX_CONTACTS


def _selection_url(slug: str, selection_id: int) -> str:
    return reverse("contacts:merge_selection", args=[slug, selection_id])
