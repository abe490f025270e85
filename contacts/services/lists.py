"""Every write to lists of contacts."""

from collections.abc import Collection

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from contacts.models import Contact, ContactList, ListEntry
from crm.teams.models import Membership


class ListNameTaken(Exception):
    """The team has a list with that name, in whatever case."""

    def __init__(self, name: str) -> None:
        super().__init__(_("There is a list “%s” already.") % name)


@transaction.atomic
def create_list(*, name: str, by: Membership | None) -> ContactList:
    """Return a new, empty list; raise ListNameTaken."""
    name = " ".join(name.split())
    try:
        with transaction.atomic():
            return ContactList.objects.create(name=name, created_by=by)
    except IntegrityError:
        raise ListNameTaken(name) from None


@transaction.atomic
def set_contact_lists(
    contact: Contact, *, lists: Collection[ContactList], by: Membership | None
) -> None:
    """Put the contact into exactly these lists. Entries that stay keep who added them and when."""
    wanted = {row.pk for row in lists}
    entries = ListEntry.objects.filter(contact=contact)
    entries.exclude(list__in=wanted).delete()
    present = set(entries.values_list("list_id", flat=True))
    ListEntry.objects.bulk_create(
        (
            ListEntry(list_id=pk, contact=contact, added_by=by)
            for pk in sorted(wanted - present)
        ),
        # Somebody may have added it meanwhile; that is what was wanted.
        ignore_conflicts=True,
    )
