"""The main navigation: each app adds what it serves, so nothing shown leads nowhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from crm.tenancy.scope import team_scope


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """One entry of the main navigation."""

    key: str  # compared with the `section` of a page's context
    label: Any  # lazy translation
    icon: str
    url_name: str  # a team URL without further arguments
    permission: str
    order: int
    shortcut: str = ""  # as in data-key, "g p"
    footer: bool = False  # settings and the like sit at the bottom


@dataclass(frozen=True, kw_only=True)
class SettingsItem:
    """A page of the team's settings that an app brings along."""

    key: str  # compared with the `settings_section` of a page's context
    label: Any  # lazy translation
    url_name: str  # a team URL without further arguments
    permission: str
    order: int
    # What waits there for a decision, "" for nothing; one query
    waiting: Callable[[], str] | None = None


@dataclass(frozen=True, kw_only=True)
class ShelfItem:
    """A link that a member keeps in the sidebar."""

    key: str
    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Links of a member below the main navigation."""

    key: str  # the parameter of a page's address that names the link it shows
    label: Any  # lazy translation
    icon: str
    permission: str
    load: Callable[[Any], Sequence[ShelfItem]]  # for a membership


_items: dict[str, NavItem] = {}
_settings: dict[str, SettingsItem] = {}
_shelves: dict[str, Shelf] = {}


def add(item: NavItem) -> None:
    """Register an entry; called from AppConfig.ready()."""
    _items[item.key] = item


def for_member(member: Any) -> list[dict[str, Any]]:
    """Return what this member may open, in order, with the URLs of the member's team."""
    return [
        {
            "key": item.key,
            "label": item.label,
            "icon": item.icon,
            "shortcut": item.shortcut,
            "footer": item.footer,
            "url": reverse(item.url_name, kwargs={"team_slug": member.team.slug}),
        }
        for item in sorted(_items.values(), key=lambda item: item.order)
        if member.can(item.permission)
    ]


def add_shelf(shelf: Shelf) -> None:
    """Register links of the sidebar; called from AppConfig.ready()."""
    _shelves[shelf.key] = shelf


def shelves_for(member: Any) -> list[tuple[Shelf, Sequence[ShelfItem]]]:
    """Return the shelves on which this member has anything."""
    found = [
        (shelf, shelf.load(member))
        for shelf in _shelves.values()
        if member.can(shelf.permission)
    ]
    return [(shelf, links) for shelf, links in found if links]


def add_setting(item: SettingsItem) -> None:
    """Register a page of the settings; called from AppConfig.ready()."""
    _settings[item.key] = item


def settings_for(member: Any) -> list[dict[str, Any]]:
    """Return the pages of the settings that apps brought and this member may open, in order."""
    return [
        {
            "key": item.key,
            "label": item.label,
            "url": reverse(item.url_name, kwargs={"team_slug": member.team.slug}),
            "waiting": _waiting(item, member),
        }
        for item in sorted(_settings.values(), key=lambda item: item.order)
        if member.can(item.permission)
    ]


def _waiting(item: SettingsItem, member: Any) -> str:
    """Ask in the member's team: a person's own settings are outside any."""
    with team_scope(member.team_id):
        return item.waiting() if item.waiting else ""
