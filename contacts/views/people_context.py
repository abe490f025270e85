"""What the template of the list of people shows, with every address ready."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts import bulk_actions
from contacts.models import Selection
from contacts.queries.facets import read_facet, read_family
from contacts.queries.filters import GROUP_LABELS, Scope, families
from contacts.queries.people import PeoplePage
from contacts.queries.people_columns import NAME, Column, columns_with
from contacts.queries.people_rows import Row
from contacts.queries.people_state import (
    PeopleState,
    offered_columns,
    parse_state,
    sortable,
    view_state,
)
from crm.teams.models import Membership
from crm.tenancy.views import TeamRequest

_KEPT_BY_FILTERS = ("scope", "sort", "cols", "view")


@dataclass(frozen=True, kw_only=True)
class Heading:
    """The head of a column, or an entry of the sort menu."""

    key: str
    label: str
    href: str = ""  # sorts by it; "" where nothing can be sorted by it
    direction: str = ""  # "ascending" or "descending" for the column that is sorted by


def people_context(page: PeoplePage, request: TeamRequest) -> dict[str, Any]:
    state, slug = page.state, request.team.slug
    url = reverse("contacts:people_list", kwargs={"team_slug": slug})
    row_url = reverse(
        "contacts:contact_detail", kwargs={"team_slug": slug, "contact_id": 0}
    )
    query = state.query(cursor=state.cursor)
    _link_rows(page.rows, row_url.removesuffix("0/"), f"/?{query}" if query else "/")
    can_edit = request.member.can("contacts.edit")
    return {
        "section": "people",
        "page": page,
        "state": state,
        "url": url,
        "query": query,
        "can_edit": can_edit,
        "can_merge": request.member.can("contacts.merge"),
        "can_import": request.member.can("contacts.import"),
        "can_save": can_edit and state.scope != Scope.SAVED,
        "fragment": bool(request.htmx),
        "active": bool(state.text or state.active),
        "tabs": _tabs(page, url),
        "chips": _chips(page, url),
        **_facets(page, request),
        "suggestions": _suggestions(page, url),
        **_views(page, request.member, url),
        **_selecting(page, request.member),
        **_table(state, url),
        **_addresses(page, url, query),
    }


def _views(page: PeoplePage, member: Membership, url: str) -> dict[str, Any]:
    """Return the view that is open, whether the list differs from it, and what can be done."""
    view, slug = page.view, member.team.slug
    now = urlencode(page.state.kept())
    new = reverse("contacts:saved_view_create", kwargs={"team_slug": slug})
    context: dict[str, Any] = {
        "views": page.views,
        "view": view,
        "view_state": now,
        "view_differs": view is not None and view_state(view.state) != now,
        "view_is_mine": view is not None and view.is_editable_by(member),
        "new_view_url": f"{new}?{now}",
        "can_keep": bool(now) and view is None,
        "view_urls": {},
    }
    if view:
        kwargs = {"team_slug": slug, "view_id": view.pk}
        context["view_urls"] = {
            name: reverse(f"contacts:saved_view_{name}", kwargs=kwargs)
            for name in ("save", "update", "duplicate", "mark", "delete")
        }
    return context


def _selecting(page: PeoplePage, member: Membership) -> dict[str, Any]:
    """Return what the bar of selected rows offers."""
    scope = page.state.scope
    kinds = {
        Scope.NET_NEW: [Selection.Of.PEOPLE],
        Scope.SAVED: [Selection.Of.CONTACTS],
        Scope.TOTAL: [Selection.Of.PEOPLE, Selection.Of.CONTACTS],
    }
    actions = [
        action for of in kinds[scope] for action in bulk_actions.offered(member, of=of)
    ]
    return {
        "can_select_saved": scope != Scope.NET_NEW,
        "has_more": bool(page.previous or page.next) and not page.is_similar,
        "actions": actions,
        "actions_more": [action for action in actions if action.of == kinds[scope][-1]]
        if scope != Scope.NET_NEW
        else [],
    }


def _facets(page: PeoplePage, request: TeamRequest) -> dict[str, Any]:
    """Return the filters of the panel: all, and group by group."""
    state = page.state
    found = [
        read_facet(entry, state, page.choices, params=request.GET)
        for entry in state.offered
        if entry.is_for(state.scope)
    ]
    groups = groupby(found, key=lambda facet: facet.entry.group)
    own = [
        read_family(family, request.GET, is_asked=False)
        for family in families()
        if state.scope != Scope.NET_NEW
    ]
    return {
        "facets": found,
        "facet_groups": [(GROUP_LABELS[group], list(each)) for group, each in groups],
        "family_facets": own,
        "typed_params": ",".join(
            [facet.options_param for facet in found if facet.entry.search]
            + [facet.typed_param for facet in own]
            + ["state"]
        ),
    }


def family_address(request: TeamRequest) -> str:
    """Return the address of the list with its panel open, to which one filter more is added."""
    slug = request.team.slug
    url = reverse("contacts:people_list", kwargs={"team_slug": slug})
    state = parse_state(QueryDict(request.GET.get("state", "")))
    return f"{url}?{state.query(panel=True)}"


def _table(state: PeopleState, url: str) -> dict[str, Any]:
    """Return what the head of the table and its menus show."""
    pairs = state.pairs()
    return {
        "headings": _headings(state, url),
        "sorts": _sorts(state, url),
        "columns": state.shown_columns,
        "other_columns": [
            column
            for column in offered_columns(state.scope)
            if column.key not in state.shown
        ],
        # What the forms of the page keep of the state.
        "kept": [pair for pair in pairs if pair[0] in _KEPT_BY_FILTERS]
        + [("edited", "1")] * bool(state.view),
        "kept_by_columns": [
            pair for pair in pairs if pair[0] not in ("cols", "cursor", "panel")
        ],
    }


def _addresses(page: PeoplePage, url: str, query: str) -> dict[str, str]:
    """Return where the page's own links lead."""
    state = page.state
    panel = state.query(cursor=state.cursor, panel=not state.panel)
    return {
        "address": f"{url}?{query}" if query else url,
        "reset": _link(url, replace(state, text="", values={})),
        "filters_link": f"{url}?{panel}" if panel else url,
        "first": _link(url, state) if page.previous else "",
        "previous": f"{url}?{state.query(cursor=page.previous)}"
        if page.previous
        else "",
        "next": f"{url}?{state.query(cursor=page.next)}" if page.next else "",
    }


def _link_rows(rows: Sequence[Row], before: str, after: str) -> None:
    """Give each contact its address, which carries the list's state, without building one for each."""
    for row in rows:
        if row.contact_pk:
            row.href = f"{before}{row.contact_pk}{after}"


def _link(url: str, state: PeopleState, **changes: Any) -> str:
    query = state.query(**changes)
    return f"{url}?{query}" if query else url


def _suggestions(page: PeoplePage, url: str) -> list[dict[str, Any]]:
    """Return what to drop from a list that shows nobody, with how many it would show then."""
    chips = {chip["key"]: chip for chip in _chips(page, url)}
    search = {"key": "q", "href": _link(url, page.state.without("q"))}
    return [{**chips.get(key, search), "count": number} for key, number in page.without]


def _tabs(page: PeoplePage, url: str) -> list[dict[str, Any]]:
    labels = {
        Scope.TOTAL: _("Total"),
        Scope.NET_NEW: _("Net new"),
        Scope.SAVED: _("Saved"),
    }
    return [
        {
            "scope": scope.value,
            "label": label,
            "count": page.totals.of(scope),
            "href": _link(url, page.state, scope=scope),
            "is_current": page.state.scope == scope,
        }
        for scope, label in labels.items()
    ]


def _sorts(state: PeopleState, url: str) -> list[Heading]:
    return [
        _heading(column, state, url)
        for column in columns_with(state.offered).values()
        if sortable(column, state.scope)
    ]


def _headings(state: PeopleState, url: str) -> list[Heading]:
    return [_heading(column, state, url) for column in (NAME, *state.shown_columns)]


def _heading(column: Column, state: PeopleState, url: str) -> Heading:
    key = column.key
    if not sortable(column, state.scope):
        return Heading(key=key, label=column.label)
    is_current = state.sort == key
    descending = not state.descending if is_current else column.descends_first
    return Heading(
        key=key,
        label=column.label,
        href=_link(url, state, sort=key, descending=descending),
        direction=("descending" if state.descending else "ascending")
        if is_current
        else "",
    )


def _chips(page: PeoplePage, url: str) -> list[dict[str, Any]]:
    return [
        {
            "key": entry.key,
            "label": entry.label,
            "text": entry.describe(value, page.choices),
            "href": _link(url, page.state.without(entry.key)),
        }
        for entry, value in page.state.active
    ]
