"""Adding a contact by hand."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.cache import cache
from django.db import IntegrityError, transaction

from contacts.models import (
    Contact,
    ContactEmail,
    ContactList,
    ContactPhone,
    ContactStage,
    ListEntry,
)
from contacts.services.address_rows import EmailTaken
from contacts.services.blocking import refuse_forgotten
from contacts.services.indexing import INDEXED, full_name, index_contact
from contacts.services.matching import account_named
from contacts.signals import contacts_created
from crm.addresses import PhoneNumber, normalize_email, parse_phone
from crm.history.services.recording import recorded
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.text import fold
from layouts.models import CustomField
from layouts.services.values import CustomValues

KEPT = 24 * 60 * 60  # seconds in which a form that is sent again is known


@dataclass(frozen=True, kw_only=True)
class NewContact:
    """What a person typed about a new contact."""

    first_name: str = ""
    last_name: str = ""
    title: str = ""
    email: str = ""
    phone: str = ""
    account: str = ""  # the name of one, or of a new one
    stage: ContactStage | None = None  # the first one by default
    owner: Membership | None = None
    lists: Collection[ContactList] = ()
    custom: Mapping[str, str] = field(default_factory=dict)  # key -> text form


@transaction.atomic
def create_contact_once(
    *, key: str, new: NewContact, by: Membership, at: datetime
) -> Contact:
    """As create_contact, but once for a form with this key, however often it is sent (security.md F20)."""
    if not key:
        return create_contact(new=new, by=by, at=at)
    place = f"contact-of-form:{by.pk}:{key}"
    bulk.take_turns(place)
    made = cache.get(place)
    if made and (there := Contact.objects.filter(pk=made).first()):
        return there
    contact = create_contact(new=new, by=by, at=at)
    # Known before it is committed: whoever waits for the turn sees it with the contact, or neither.
    cache.set(place, contact.pk, timeout=KEPT)
    return contact


@recorded("contact.create")
def create_contact(*, new: NewContact, by: Membership, at: datetime) -> Contact:
    """Return the new contact with its addresses, account and lists.

    Raise BadEmail, BadPhone, Refused for an account that cannot be created, or EmailTaken with
    the contact who has the address, be it in the bin, or Forgotten. Sends contacts_created.
    """
    email = normalize_email(new.email) if new.email.strip() else ""
    phone = (
        parse_phone(new.phone, country=by.team.country) if new.phone.strip() else None
    )
    _check_free(email)
    _check_not_forgotten(new, email, phone)
    contact = Contact(
        first_name=new.first_name,
        last_name=new.last_name,
        title=new.title,
        account=account_named(new.account, by=by),
        stage=new.stage or ContactStage.objects.get(is_first=True),
        owner=new.owner,
        source=Contact.Source.MANUAL,
        created_by=by,
        created_at=at,
    )
    contact.save()
    _add_addresses(contact, new.email.strip(), email, phone)
    own = CustomValues(contact, kind=CustomField.Record.CONTACT, by=by)
    for key, text in new.custom.items():
        own.write(key, text)
    index_contact(contact)
    contact.save(update_fields=INDEXED)
    ListEntry.objects.bulk_create(
        ListEntry(list=row, contact=contact, added_by=by) for row in new.lists
    )
    contacts_created.send(sender=Contact, contact_ids=[contact.pk], by=by, at=at)
    return contact


def _check_not_forgotten(
    new: NewContact, email: str, phone: PhoneNumber | None
) -> None:
    if email:
        refuse_forgotten([("email", email)], key="email")
    if phone:
        name = fold(full_name(new.first_name, new.last_name))[:201]
        refuse_forgotten([("phone", phone.number, name)], key="phone")


def _add_addresses(
    contact: Contact, typed: str, email: str, phone: PhoneNumber | None
) -> None:
    if email:
        try:
            with transaction.atomic():
                ContactEmail.objects.create(
                    contact=contact, email=typed, email_norm=email
                )
        except IntegrityError:
            _check_free(email)
            raise
    if phone:
        ContactPhone.objects.create(
            contact=contact, number=phone.number, extension=phone.extension
        )


def _check_free(email: str) -> None:
    rows = ContactEmail.objects.filter(email_norm=email).select_related("contact")
    # The living come before those in the bin.
    taken = rows.order_by("-is_live", "-pk").first() if email else None
    if taken:
        raise EmailTaken(email, taken.contact, key="email")
