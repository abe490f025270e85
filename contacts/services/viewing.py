"""Every write to saved views (product.md P5)."""

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import SavedView, ViewMark
from crm.teams.models import Membership

MAX_OWN = 200  # views of one member
MAX_STATE = 8000  # characters: servers in front take no longer address


class NotAllowed(Exception):
    """The member may not do that with this view."""


class NotKept(Exception):
    """The view cannot be kept; the text tells the person why."""


class TooManyViews(NotKept):
    """The member has as many views as one can have."""

    def __init__(self) -> None:
        super().__init__(_("You have %s views; delete one first.") % MAX_OWN)


class TooLong(NotKept):
    """The list has so many filters that no address holds them."""

    def __init__(self) -> None:
        super().__init__(
            _("This list has too many filters for a view; take some of them out.")
        )


class ViewChanged(NotKept):
    """Somebody changed the view after the page was shown."""

    def __init__(self) -> None:
        super().__init__(_("Somebody changed this view meanwhile; look at it again."))


@transaction.atomic
def create_view(
    *,
    name: str,
    state: str,
    is_shared: bool = False,
    is_pinned: bool = False,
    is_default: bool = False,
    by: Membership,
) -> SavedView:
    """Return a new view of the member; raise TooManyViews, TooLong, NotAllowed for who may not share."""
    _check_length(state)
    if SavedView.objects.filter(owner=by).count() >= MAX_OWN:
        raise TooManyViews
    if is_shared and not by.can("views.share"):
        raise NotAllowed
    view = SavedView.objects.create(
        name=" ".join(name.split()), state=state, is_shared=is_shared, owner=by
    )
    if is_pinned or is_default:
        mark_view(view, is_pinned=is_pinned, is_default=is_default, by=by)
    return view


@transaction.atomic
def update_view(
    view: SavedView, *, name: str, is_shared: bool, version: int, by: Membership
) -> SavedView:
    """Rename a view, share it or take it back; raise NotAllowed, ViewChanged."""
    row = _locked(view, version=version, by=by)
    if is_shared and not row.is_shared and not by.can("views.share"):
        raise NotAllowed
    row.name, row.is_shared = " ".join(name.split()), is_shared
    return _saved(row, "name", "is_shared")


@transaction.atomic
def save_view_state(
    view: SavedView, *, state: str, version: int, by: Membership
) -> SavedView:
    """Let a view show what its list shows now; raise NotAllowed, ViewChanged, TooLong."""
    _check_length(state)
    row = _locked(view, version=version, by=by)
    row.state = state
    return _saved(row, "state")


@transaction.atomic
def duplicate_view(view: SavedView, *, by: Membership) -> SavedView:
    """Return a private copy of a view that the member can see; raise TooManyViews, TooLong."""
    name = (_("Copy of %s") % view.name)[: SavedView._meta.get_field("name").max_length]
    return create_view(name=name, state=view.state, by=by)


@transaction.atomic
def mark_view(
    view: SavedView,
    *,
    is_pinned: bool | None = None,
    is_default: bool | None = None,
    by: Membership,
) -> None:
    """Pin a view for the member or make it the one that People opens; None leaves that as it is."""
    # One at a time for a member, so that two defaults cannot meet.
    Membership.objects.select_for_update().get(pk=by.pk)
    if is_default:
        ViewMark.objects.filter(member=by, is_default=True).update(is_default=False)
    wanted = {"is_pinned": is_pinned, "is_default": is_default}
    ViewMark.objects.update_or_create(
        view=view,
        member=by,
        defaults={name: on for name, on in wanted.items() if on is not None},
    )


@transaction.atomic
def delete_view(view: SavedView, *, by: Membership) -> None:
    """Delete a view for everybody; raise NotAllowed."""
    _locked(view, version=None, by=by).delete()


def _locked(view: SavedView, *, version: int | None, by: Membership) -> SavedView:
    row = SavedView.objects.select_for_update().get(pk=view.pk)
    if not row.is_editable_by(by):
        raise NotAllowed
    if version is not None and row.version != version:
        raise ViewChanged
    return row


def _check_length(state: str) -> None:
    if len(state) > MAX_STATE:
        raise TooLong


def _saved(row: SavedView, *changed: str) -> SavedView:
    row.version += 1
    row.save(update_fields=[*changed, "version", "updated_at"])
    return row
