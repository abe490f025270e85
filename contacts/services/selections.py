"""Freezing what a bulk action works on, before anything is done to it (product.md P7).

An empty list of ids is an error, never "everybody"; everybody is asked for by name, from a list
whose every filter is understood, and with the number that the member saw.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, ContactExport, Person, Selection, SelectionPart
from contacts.models.selections import PART
from contacts.queries.filters import Now
from contacts.queries.selecting import LIMIT, matching, number_of
from crm.teams.models import Membership
from crm.tenancy import bulk

KEPT = timedelta(days=7)


class CannotSelect(Exception):
    """Nothing was frozen; the text says why."""


class NumberChanged(CannotSelect):
    """Another number of people matches by now than the member confirmed."""

    def __init__(self, number: int) -> None:
        super().__init__(_("Meanwhile another number of people matches this list."))
        self.number = number


@transaction.atomic
def freeze_chosen(
    *, of: str, ids: Collection[int], state: str, by: Membership, at: datetime
) -> Selection:
    """Freeze the ids that a member ticked; those that the team does not have are left out.

    Raise CannotSelect if none is left.
    """
    table = Contact.objects.saved() if of == Selection.Of.CONTACTS else Person.objects
    rows = table.filter(pk__in=list(ids))
    selection = _begin(of=of, state=state, by=by, at=at)
    selection.total = _freeze(selection, rows)
    return _accepted(selection)


@transaction.atomic
def freeze_all(
    *,
    of: str,
    state: str,
    confirmed: int | None,
    by: Membership,
    at: datetime,
) -> Selection:
    """Freeze all people that match the list at `state`.

    Raise NumberChanged if they are not as many as the member confirmed (None where the list does
    not say how many they are, and the member is asked afterwards), and CannotSelect for a list
    that is not understood whole, or that has none or more than a million of them.
    """
    found = matching(state, Now(member=by, at=at))
    if found.problems:
        raise CannotSelect(found.problems[0])
    rows, others = found.contacts, found.people
    if of == Selection.Of.PEOPLE:
        rows, others = others, rows
    selection = _begin(of=of, state=state, by=by, at=at)
    selection.is_all, selection.is_narrowed = True, found.is_narrowed
    selection.total = _freeze(selection, rows)
    if confirmed is not None:
        # What is frozen is compared, not what a count before it said.
        number = selection.total + number_of(others)
        if number != confirmed:
            raise NumberChanged(number)
    return _accepted(selection)


@transaction.atomic
def remove_expired(*, at: datetime) -> None:
    """Delete the team's selections that nobody needs any more. May run twice and at once."""
    # Who is in a file is known as long as there is the file.
    files = ContactExport.objects.exclude(file_key="").exclude(selection=None)
    over = Selection.objects.expired(at=at)
    over.exclude(pk__in=files.values("selection")).delete()


def _begin(*, of: str, state: str, by: Membership, at: datetime) -> Selection:
    return Selection.objects.create(
        member=by, of=of, state=state, created_at=at, expires_at=at + KEPT
    )


def _freeze(selection: Selection, rows: QuerySet | None) -> int:
    if rows is None:
        return 0
    ids = rows.order_by().values("pk")[: LIMIT + 1]
    return bulk.freeze_ids(SelectionPart, selection, ids, size=PART)


def _accepted(selection: Selection) -> Selection:
    if not selection.total:
        raise CannotSelect(_("Nobody was selected."))
    if selection.total > LIMIT:
        raise CannotSelect(
            _("More than a million people match. Narrow the list with filters.")
        )
    selection.save(update_fields=["total", "is_all", "is_narrowed"])
    return selection
