"""Forget this person: everything at once and for good, so that they do not come back (product.md D4)."""

from datetime import datetime

from django.db import transaction

from contacts.models import (
    BlockedKey,
    Contact,
    ContactEmail,
    Erasure,
    HeldBack,
    Person,
    Tombstone,
)
from contacts.models.search import SearchText
from contacts.services.blocking import digest, keys_of_contact, keys_of_person
from contacts.services.deletion import NotAllowed
from contacts.services.importing.rows import Key
from contacts.services.purging import end_contacts
from contacts.signals import people_forgotten
from crm.teams.models import Membership

# Persons of the directory who are looked at for each address.
LOOKED_AT = 20


@transaction.atomic
def forget_contact(*, contact_id: int, by: Membership, at: datetime) -> Erasure:
    """Purge the contact at once and block its return; return what is left: hashes.

    Contacts in the bin with one of its addresses go with it. Raise NotAllowed, or
    Contact.DoesNotExist for one that is gone. Sends people_forgotten.
    """
    if not by.can("contacts.forget"):
        raise NotAllowed
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    keys = keys_of_contact(contact)
    for part in Contact.objects.filter(merged_into=contact):
        keys |= keys_of_contact(part)
    erasure = Erasure.objects.create(
        contact_number=contact.pk, forgotten_at=at, forgotten_by=by
    )
    block_keys(erasure, keys=keys, by=by)
    hold_back_for_good(_persons(contact, keys), by=by)
    end_contacts(_with_twins(contact), why=Tombstone.Why.FORGOTTEN, by=by, at=at)
    people_forgotten.send(sender=Erasure)
    return erasure


@transaction.atomic
def lift_erasure(*, erasure_id: int, by: Membership, at: datetime) -> None:
    """Let the person be saved again; what was erased stays so. Raise NotAllowed."""
    _set_lifted(erasure_id, by=by, at=at)
    # Who is held back for good is only known by hash: of those, let go whom the lifted one was.
    for_good = HeldBack.objects.filter(until=None).select_related("person")
    wanted = set(
        BlockedKey.objects.filter(erasure=erasure_id).values_list("digest", flat=True)
    )
    free = [
        row.pk
        for row in for_good
        if wanted & {digest(key) for key in keys_of_person(row.person)}
    ]
    HeldBack.objects.filter(pk__in=free).delete()


@transaction.atomic
def renew_erasure(*, erasure_id: int, by: Membership, at: datetime) -> None:
    """Block the person again after the block was lifted. Raise NotAllowed."""
    _set_lifted(erasure_id, by=by, at=None)


def _set_lifted(erasure_id: int, *, by: Membership, at: datetime | None) -> None:
    if not by.can("contacts.forget"):
        raise NotAllowed
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    erasure.lifted_at, erasure.lifted_by = at, by if at else None
    erasure.written_at = None
    erasure.save(update_fields=["lifted_at", "lifted_by", "written_at"])
    people_forgotten.send(sender=Erasure)


def block_keys(erasure: Erasure, *, keys: set[Key], by: Membership | None) -> None:
    """Keep the hashes of what a forgotten person was known by."""
    BlockedKey.objects.bulk_create(
        (
            BlockedKey(erasure=erasure, kind=key[0], digest=digest(key))
            for key in sorted(keys)
        ),
        ignore_conflicts=True,
    )


def hold_back_for_good(person_ids: set[int], *, by: Membership | None) -> None:
    """Never offer these persons of the directory to the team as net new."""
    HeldBack.objects.bulk_create(
        (HeldBack(person_id=pk, until=None) for pk in sorted(person_ids)),
        update_conflicts=True,
        unique_fields=["team", "person"],
        update_fields=["until"],
    )


def _persons(contact: Contact, keys: set[Key]) -> set[int]:
    """Return who of the directory the contact is: the person it was saved from, and by address."""
    found = {contact.person_id} if contact.person_id else set()
    for kind, *value in keys:
        if kind == "email":
            same = Person.objects.search(SearchText.parse(value[0]))
            same = same.filter(email__iexact=value[0])
            found |= set(same.values_list("pk", flat=True)[:LOOKED_AT])
    return found


def _with_twins(contact: Contact) -> list[int]:
    """Return the contact and those in the bin that were the same person, locked."""
    emails = contact.emails.values("email_norm")
    twins = ContactEmail.objects.filter(is_live=False, email_norm__in=emails)
    rows = Contact.objects.deleted().filter(pk__in=twins.values("contact"))
    rows = rows.order_by("pk").select_for_update(of=("self",))
    return sorted({contact.pk, *rows.values_list("pk", flat=True)})
