"""The pages that are measured, each with several addresses, so that no run reads one warm row."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from bench.client import UNIQUE
from bench.loading import TEAM
from contacts.models import Contact, ContactFieldValue, ContactList, ContactStage
from contacts.queries.own_values import is_sortable
from crm.pagination import encode_cursor
from crm.teams.models import Membership
from layouts.models import CustomField
from layouts.queries import custom_values

HOST = "127.0.0.1"
VARIANTS = 20
_RARE = 30  # a rare fragment is found in fewer contacts


@dataclass(frozen=True, kw_only=True)
class Page:
    """Something a person asks the server for."""

    name: str
    floor: str  # the bare view with the same data
    paths: Sequence[str]
    form: dict[str, str] = field(default_factory=dict)  # posted, if there is one
    status: int = 200

    def requests(self, session: str, csrf: str) -> list[str]:
        """Return what a browser sends."""
        head = [
            f"Host: {HOST}",
            "Accept: text/html",
            "Accept-Encoding: gzip",
            f"Cookie: {settings.SESSION_COOKIE_NAME}={session};"
            f" {settings.CSRF_COOKIE_NAME}={csrf}",
        ]
        if not self.form:
            return [
                "\r\n".join([f"GET {p} HTTP/1.1", *head, "", ""]) for p in self.paths
            ]
        body = urlencode({**self.form, "csrfmiddlewaretoken": csrf})
        head += [
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body)}",
            "HX-Request: true",
            "HX-Target: w-account-overview",
        ]
        return [
            "\r\n".join([f"POST {p} HTTP/1.1", *head, "", body]) for p in self.paths
        ]


def sign_in(client: Client, member: Membership) -> tuple[str, str]:
    """Return session and CSRF cookie of a signed-in member, without the form."""
    backend = "crm.teams.backends.MembershipBackend"
    client.force_login(member.user, backend=backend)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page = client.get(_path("teams:user_settings"), headers={"host": HOST})
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page.content)
    if token is None or settings.CSRF_COOKIE_NAME not in client.cookies:
        raise RuntimeError("The page of a person's settings has no form")
    return session, client.cookies[settings.CSRF_COOKIE_NAME].value


def pages(total: int) -> list[Page]:
    """Return every page of the team in scope, which has so many contacts."""
    contacts = Contact.objects.saved()
    profiles = [_profile(pk) for pk in _spread(contacts.order_by("pk"), total)]
    # The first contact of a made-up team has the longest history.
    longest = contacts.order_by("pk").values_list("pk", flat=True)[0]
    return [
        Page(name="profile", floor="contact", paths=profiles),
        Page(
            name="profile, longest history", floor="contact", paths=[_profile(longest)]
        ),
        Page(name="people, first page", floor="people", paths=[_people()]),
        Page(name="people, 90 % deep", floor="people", paths=_deep(contacts, total)),
        _search("search, rare fragment", _rare_fragments(contacts, total)),
        _search("search, common fragment", _common_fragments(contacts, total)),
        _search("search, e-mail", _emails(contacts, total)),
        _search("search, typing error", _misspelled(contacts, total)),
        Page(name="filter and sort", floor="people", paths=_filtered()),
        Page(name="filter, custom field", floor="people", paths=_by_field()),
        Page(name="by a custom field", floor="people", paths=_sorted_by_field()),
        Page(
            name="by a custom field, filtered",
            floor="people",
            paths=_sorted_by_field_in_a_stage(),
        ),
        Page(name="filter, list", floor="people", paths=_by_list()),
        Page(name="filter, never contacted", floor="people", paths=_never()),
        Page(name="people, by stage or owner", floor="people", paths=_grouped()),
        Page(
            name="log activity",
            floor="contact",
            paths=_logs(contacts, total),
            form={
                "kind": "call",
                "direction": "outbound",
                "outcome-call": "connected",
                "occurred_at": "2024-02-01T10:00",
                "body": "Talked about the second site; offer until Friday.",
                "token": f"bench-{UNIQUE}",
            },
        ),
    ]


def _path(name: str, **kwargs: Any) -> str:
    return reverse(name, kwargs=kwargs)


def _profile(pk: int) -> str:
    return _path("contacts:contact_detail", team_slug=TEAM, contact_id=pk)


def _people(**query: Any) -> str:
    path = _path("contacts:people_list", team_slug=TEAM)
    return f"{path}?{urlencode(query)}" if query else path


def _search(name: str, texts: Sequence[str]) -> Page:
    return Page(name=name, floor="people", paths=[_people(q=text) for text in texts])


def _spread(rows: QuerySet, total: int, column: str = "pk") -> list[Any]:
    """Return a column of rows that lie evenly over the whole."""
    step = max(1, total // (VARIANTS + 1))
    places = range(step // 2, total - total // 50, step)
    values = rows.values_list(column, flat=True)
    return [values[place] for place in list(places)[:VARIANTS] if values[place]]


def _logs(contacts: QuerySet, total: int) -> list[str]:
    return [
        _path("activities:activity_create", team_slug=TEAM, contact_id=pk)
        for pk in _spread(contacts.order_by("pk"), total)
    ]


def _deep(contacts: QuerySet, total: int) -> list[str]:
    ordered = contacts.order_by("name_sort", "pk").values_list("name_sort", "pk")
    found = []
    for share in range(880, 920, 4):
        value, pk = ordered[total * share // 1000]
        found.append(_people(cursor=encode_cursor(value=value, pk=pk)))
    return found


def _rare_fragments(contacts: QuerySet, total: int) -> list[str]:
    """Return parts of surnames that few people have."""
    names = _spread(contacts.order_by("-pk"), total, "last_name")
    longer = contacts.filter(last_name__regex="^[A-Za-z]{9,}$").order_by("-pk")
    names = [*longer.values_list("last_name", flat=True)[:2000], *names]
    found: list[str] = []
    for name in names[:: max(1, len(names) // 200)]:
        text = name[1:9].lower()
        if text in found or len(text) < 6:
            continue
        if contacts.filter(search_text__contains=text)[:_RARE].count() < _RARE:
            found.append(text)
        if len(found) == VARIANTS:
            break
    return found


def _common_fragments(contacts: QuerySet, total: int) -> list[str]:
    """Return fragments that many names have: at least one contact in thirty."""
    candidates = ["ing", "man", "berg", "ria", "and", "mar", "ann", "ers", "eng", "tin"]
    enough = max(1, total // 30)
    return [
        text
        for text in candidates
        if contacts.filter(search_text__contains=text)[:enough].count() == enough
    ]


def _emails(contacts: QuerySet, total: int) -> list[str]:
    return [
        text
        for text in _spread(contacts.order_by("pk"), total, "primary_email")
        if text
    ]


def _misspelled(contacts: QuerySet, total: int) -> list[str]:
    """Return full names with two letters of the surname swapped."""
    names = _spread(contacts.order_by("pk"), total, "name_sort")
    found = []
    for name in names:
        first, _, last = name.partition(" ")
        if len(last) > 5 and last[2] != last[3]:
            found.append(f"{first} {last[:2]}{last[3]}{last[2]}{last[4:]}")
    return found


def _grouped() -> list[str]:
    """Return first pages by stage and by owner, and pages inside a stage and among the unowned."""
    stage = ContactStage.objects.in_order().values_list("pk", flat=True)[1]
    inside = [("stage", f"{stage}:m"), ("owner", "0:m")]
    return [
        *[_people(sort=sort) for sort in ("stage", "-owner")],
        *[_people(sort=s, cursor=encode_cursor(value=v, pk=0)) for s, v in inside],
        *[_people(sort=sort) for sort in ("-stage", "owner")],
    ]


def _by_field() -> list[str]:
    """Return a common and a rare value of a number, and what is empty, in several orders."""
    field = CustomField.objects.filter(kind=CustomField.Kind.NUMBER).order_by("pk")[0]
    key = f"field-{field.pk}"
    asked = [("more", "90"), ("less", "12"), ("at_least", "20"), ("is", "47")]
    return [
        *(_people(**{f"{key}_op": how, key: number}) for how, number in asked),
        _people(**{f"{key}_op": "empty"}, sort="-activity"),
        _people(**{f"{key}_op": "filled"}, sort="-created"),
    ]


def _sorted_by_field() -> list[str]:
    """Return the first page in the order of each custom field, and pages deep in that of numbers."""
    values = ContactFieldValue.objects.filter(number_value__gte=50).order_by("contact")
    found = []
    for subject in filter(is_sortable, custom_values()):
        key = f"field-{subject.pk}"
        found.append(_people(sort=key))
        if subject.kind == CustomField.Kind.NUMBER:
            pk = values.filter(field=subject.pk).values_list("contact_id")[0][0]
            found.append(_people(sort=key, cursor=encode_cursor(value="v50.0", pk=pk)))
    return found


def _sorted_by_field_in_a_stage() -> list[str]:
    """Return the last people of a stage in the order of each custom field."""
    stage = ContactStage.objects.in_order().values_list("pk", flat=True)[1]
    return [
        _people(sort=f"-field-{subject.pk}", stage=stage)
        for subject in filter(is_sortable, custom_values())
    ]


def _by_list() -> list[str]:
    """Return contacts in one list, in none of some, in all of two."""
    lists = list(ContactList.objects.by_name().values_list("pk", flat=True)[:3])
    sorts = ["name", "-activity", "account"]
    return [
        *(_people(list=pk, sort=s) for pk, s in zip(lists, sorts, strict=False)),
        *(_people(not_list=pk) for pk in lists[:1]),
        _people(list="none", sort="-created"),
    ]


def _never() -> list[str]:
    """Return who was never contacted, in every order that has an index."""
    sorts = ["name", "-created", "title", "account", "activity"]
    return [_people(activity="never", sort=sort) for sort in sorts]


def _filtered() -> list[str]:
    """Return stage and owner together, in every order that has an index."""
    stages = ContactStage.objects.in_order().values_list("pk", flat=True)[1:5]
    owners = Membership.objects.order_by("pk").values_list("pk", flat=True)[:3]
    sorts = ["title", "-activity", "account", "-created", "name"]
    return [
        _people(stage=stage, owner=owner, sort=sorts[(place + turn) % len(sorts)])
        for place, stage in enumerate(stages)
        for turn, owner in enumerate(owners)
    ]
