"""What stands on a record's page: each app adds its widgets, tabs and phrases from AppConfig.ready().

`contacts` and `accounts` show what is registered and placed by the layout, and know nothing of the
apps above that fill it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict

from crm.teams.models import Membership

CONTACT = "contact"
ACCOUNT = "account"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Who looks at which record, when, and with which query string."""

    record: Any
    member: Membership
    params: QueryDict
    at: datetime
    profile: Any = None  # what the page has read of the record beside it
    memo: dict[str, Any] = field(default_factory=dict)  # what widgets leave for phrases
    tab: str = ""  # key of the tab that is open
    list_query: str = ""  # of the list the visitor came from; links carry it on
    focus: str = ""  # key of the value that was just edited


@dataclass(frozen=True, kw_only=True)
class Widget:
    """A card that a layout can place on a record's page.

    Its template reads what `load` returned from the variable `widget`, and its outermost element
    has the id `w-<key>`.
    """

    key: str  # stored in layouts: never renamed
    title: Any  # lazy translation
    permission: str
    template: str
    load: Callable[[Visit], dict[str, Any]]  # at most two queries
    record: str = CONTACT

    @property
    def dom_id(self) -> str:
        return f"w-{self.key}"


@dataclass(frozen=True, kw_only=True)
class Tab:
    """A tab of a contact's page; it has its own URL, which takes `contact_id`."""

    key: str
    title: Any  # lazy translation
    permission: str
    url_name: str
    order: int


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A part of the sentence that sums up where a contact stands, such as "owner Tomas"."""

    key: str
    say: Callable[[Visit], str]  # "" for nothing to say; at most one query
    order: int


@dataclass(frozen=True, kw_only=True)
class QuickAction:
    """Something to do with a contact at once; a link that takes `contact_id`."""

    key: str
    title: Any  # lazy translation
    icon: str
    permission: str
    url_name: str
    order: int
    opens: str = ""  # what the link opens in the page instead, as data-open says


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A widget on the page that is being shown, with what it loaded."""

    widget: Widget
    context: dict[str, Any]

    @property
    def template(self) -> str:
        return self.widget.template


_widgets: dict[tuple[str, str], Widget] = {}
_tabs: dict[str, Tab] = {}
_phrases: dict[str, Phrase] = {}
_actions: dict[str, QuickAction] = {}


def add(entry: Widget | Tab | Phrase | QuickAction) -> None:
    """Register an entry; one with the same key replaces it."""
    if isinstance(entry, Widget):
        _widgets[entry.record, entry.key] = entry
    elif isinstance(entry, Tab):
        _tabs[entry.key] = entry
    elif isinstance(entry, QuickAction):
        _actions[entry.key] = entry
    else:
        _phrases[entry.key] = entry


def compose(
    keys: Iterable[str], visit: Visit, *, record: str = CONTACT
) -> list[Placed]:
    """Load the widgets of a layout, in its order, as far as they exist and the member may see them."""
    found = (find_widget(key, visit.member, record=record) for key in keys)
    return [
        Placed(widget=widget, context=widget.load(visit)) for widget in found if widget
    ]


def find_widget(
    key: str, member: Membership, *, record: str = CONTACT
) -> Widget | None:
    """Return the widget, or None if nobody registered it or the member may not see it."""
    widget = _widgets.get((record, key))
    return widget if widget and member.can(widget.permission) else None


def tabs_for(keys: Iterable[str], member: Membership) -> list[Tab]:
    """Return the tabs of a layout that exist and that the member may open."""
    return [
        _tabs[key] for key in keys if key in _tabs and member.can(_tabs[key].permission)
    ]


def actions_for(member: Membership) -> list[QuickAction]:
    """Return what the member may do with a contact at once, in order."""
    allowed = (action for action in _actions.values() if member.can(action.permission))
    return sorted(allowed, key=lambda action: action.order)


def sentence(visit: Visit) -> str:
    """Return where the contact stands, in one sentence."""
    phrases = sorted(_phrases.values(), key=lambda phrase: phrase.order)
    said = "; ".join(filter(None, (phrase.say(visit) for phrase in phrases)))
    return said[:1].upper() + said[1:]
