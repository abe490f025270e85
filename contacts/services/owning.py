"""Giving contacts, their accounts and all contacts of an account to another owner (product.md C12)."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from django.db.models import F

from accounts import services as account_services
from contacts.models import Contact
from contacts.queries.owner_offers import followers
from contacts.services import editing
from contacts.signals import contacts_changed
from crm.conflicts import Edit
from crm.history.services.recording import recorded
from crm.teams.models import Membership


class Also(StrEnum):
    """Who else gets the contact's new owner."""

    NOBODY = ""
    ACCOUNT = "account"
    CONTACTS = "contacts"  # the account with all of its contacts


@recorded("contact.owner")
def give_contact(
    *, contact_id: int, edit: Edit, also: Also, by: Membership, at: datetime
) -> Contact:
    """Give the contact, and whoever else was chosen, to the owner that `edit` names.

    Raise EditConflict, RecordDeleted or Refused; then nothing is written. Other contacts of the
    account that `by` may not give away stay with their owners.
    """
    contact = editing.update_contact(contact_id=contact_id, edit=edit, by=by, at=at)
    if also is Also.NOBODY or contact.account_id is None:
        return contact
    text = str(contact.owner_id or "")
    account_services.give_account(
        account_id=contact.account_id,
        edit=Edit(new={"owner": text}, originals={}),
        with_followers=also is Also.CONTACTS,
        by=by,
        at=at,
    )
    return contact


@recorded("contact.owner")
def give_contacts_of(
    *, account_id: int, owner_id: int | None, by: Membership, at: datetime
) -> int:
    """Give the account's contacts to the owner; return how many changed."""
    rows = followers(account_id, owner_id, by)
    found = list(rows.order_by("pk").values_list("pk", flat=True))
    return give_contacts(contact_ids=found, owner_id=owner_id, by=by, at=at)


@recorded("contact.owner")
def give_contacts(
    *,
    contact_ids: Collection[int],
    owner_id: int | None,
    by: Membership,
    at: datetime,
) -> int:
    """Give those of the contacts that `by` may give away to the owner; return how many changed.

    The same few statements for one and for thousands; the role is asked of each row. Sends
    contacts_changed.
    """
    contacts = Contact.objects.saved().filter(pk__in=contact_ids)
    rows = contacts.exclude(owner_id=owner_id).reassignable_by(by).order_by("pk")
    locked = list(rows.select_for_update(of=("self",)).values_list("pk", flat=True))
    if not locked:
        return 0
    Contact.objects.filter(pk__in=locked).update(
        owner_id=owner_id, version=F("version") + 1, updated_at=at
    )
    contacts_changed.send(sender=Contact, contact_ids=locked, by=by, at=at)
    return len(locked)
