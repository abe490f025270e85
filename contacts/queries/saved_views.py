"""The views that a member can open, and the one that an address opens (product.md P5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import BooleanField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.models import SavedView, ViewMark
from contacts.queries.people_state import PeopleState, parse_state
from crm import navigation
from crm.teams.models import Membership

# So many are in the menu of views and in the sidebar.
LISTED = 100
PINNED = 12
_CACHE = "_saved_views"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What an address opens: a view if it names one, and the list as the address says."""

    params: QueryDict
    view: SavedView | None = None
    has_default: bool = False  # an address that says nothing opens a view
    problem: str = ""

    def state(self) -> PeopleState:
        """Return the state of the list."""
        state = parse_state(self.params)
        return replace(
            state,
            view=self.view.pk if self.view else 0,
            is_plain=state.is_plain or self.has_default,
            problems=(*filter(None, [self.problem]), *state.problems),
        )


def views_of(member: Membership) -> Sequence[Any]:
    """Return the views that the member can open, by name, with `is_pinned` and `is_default`.

    One query; the same page asks again for nothing.
    """
    found = member.__dict__.get(_CACHE)
    if found is None:
        found = member.__dict__[_CACHE] = list(_marked(member)[:LISTED])
    return found


def _marked(member: Membership) -> QuerySet:
    marks = ViewMark.objects.filter(view=OuterRef("pk"), member=member)

    def mark(name: str) -> Coalesce:
        asked = Subquery(marks.values(name)[:1])
        return Coalesce(asked, Value(value=False), output_field=BooleanField())

    views = SavedView.objects.visible_to(member).by_name()
    return views.annotate(is_pinned=mark("is_pinned"), is_default=mark("is_default"))


def opened(params: QueryDict, member: Membership) -> Opened:
    """Return what an address opens for the member: the view that it names, the member's default
    where it says nothing at all, else the list as it says.
    """
    views = views_of(member)
    default = next((view for view in views if view.is_default), None)
    has_default = default is not None
    if default and not params:
        return _shown(default, params, has_default=has_default)
    named = params.get("view", "")
    if not named:
        return Opened(params=params, has_default=has_default)
    view = next((view for view in views if str(view.pk) == named), None)
    if view is None and len(views) == LISTED and named.isdecimal() and len(named) < 19:
        view = _marked(member).filter(pk=int(named)).first()
    if view is None:
        problem = _("That view is not there any more")
        return Opened(params=params, has_default=has_default, problem=problem)
    return _shown(view, params, has_default=has_default)


def _shown(view: SavedView, params: QueryDict, *, has_default: bool) -> Opened:
    if set(params) - {"view", "cursor", "panel"}:
        return Opened(params=params, view=view, has_default=has_default)
    merged = QueryDict(view.state, mutable=True)
    for name in ("cursor", "panel"):
        if name in params:
            merged.setlist(name, params.getlist(name))
    merged["view"] = str(view.pk)
    return Opened(params=merged, view=view, has_default=has_default)


def pinned(member: Membership) -> list[navigation.ShelfItem]:
    """Return the views that the member pinned, for the sidebar. At most one query."""
    views = member.__dict__.get(_CACHE)
    if views is None:
        mine = ViewMark.objects.filter(member=member, is_pinned=True)
        views = SavedView.objects.visible_to(member).filter(pk__in=mine.values("view"))
        views = views.by_name()[:PINNED]
    else:
        views = [view for view in views if view.is_pinned][:PINNED]
    url = reverse("contacts:people_list", kwargs={"team_slug": member.team.slug})
    return [
        navigation.ShelfItem(
            key=str(view.pk), label=view.name, url=f"{url}?view={view.pk}"
        )
        for view in views
    ]
