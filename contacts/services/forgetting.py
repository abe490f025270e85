"""Forget this person: everything at once and for good, so that they do not come back (product.md D4)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from contacts.models import (
    BlockedKey,
    Contact,
    ContactEmail,
    ContactPhone,
    Erasure,
    HeldBack,
    Person,
    Tombstone,
)
from contacts.models.search import SearchText
from contacts.queries.linkedin import linkedin_key, linkedin_spellings
from contacts.services.blocking import digest, keys_of_contact, keys_of_person
from contacts.services.deletion import NotAllowed
from contacts.services.importing.rows import Key
from contacts.services.importing.running import IMPORT
from contacts.services.purging import end_contacts
from contacts.signals import people_forgotten
from crm.jobs.services import blank_rows_about
from crm.teams.models import Membership, Team
from crm.tenancy import bulk
from crm.tenancy.scope import current_team_id

# Persons of the directory who are looked at for each address.
LOOKED_AT = 20


@transaction.atomic
def forget_contact(*, contact_id: int, by: Membership, at: datetime) -> Erasure:
    """Purge the contact at once and block its return; return what is left: hashes.

    Contacts in the bin that would be known by the same go with it. Raise NotAllowed, or
    Contact.DoesNotExist for one that is gone. Sends people_forgotten.
    """
    if not by.can("contacts.forget"):
        raise NotAllowed
    # Whoever is saved or imported at this moment was not looked up among the forgotten in vain.
    bulk.take_turns(IMPORT)
    Team.objects.select_for_update(no_key=True).get(pk=current_team_id())
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact_id)
    twins = _twins_in_the_bin(contact)
    ended = _with_parts([contact, *twins])
    keys = set().union(*map(keys_of_contact, ended), *map(_keys_of_person, ended))
    erasure = Erasure.objects.create(
        contact_number=contact.pk, forgotten_at=at, forgotten_by=by
    )
    block_keys(erasure, keys=keys, by=by)
    hold_back_for_good(_persons(ended, keys), by=by)
    _blank_ledgers(ended, by=by)
    ids = sorted(row.pk for row in [contact, *twins])
    end_contacts(ids, why=Tombstone.Why.FORGOTTEN, by=by, at=at)
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


def _persons(contacts: Sequence[Contact], keys: set[Key]) -> set[int]:
    """Return who of the directory these are: whom they were saved from, and by address."""
    found = {contact.person_id for contact in contacts if contact.person_id}
    for kind, *value in keys:
        if kind == "email":
            same = Person.objects.search(SearchText.parse(value[0]))
            same = same.filter(email__iexact=value[0])
            found |= set(same.values_list("pk", flat=True)[:LOOKED_AT])
    return found


def _keys_of_person(contact: Contact) -> set[Key]:
    """Return by what the directory knows whom the contact was saved from: its own may be others by now."""
    return keys_of_person(contact.person) if contact.person else set()


def _twins_in_the_bin(contact: Contact) -> list[Contact]:
    """Return the contacts in the bin with an address, a profile or a phone and name of this one, locked."""
    binned = Contact.objects.deleted().exclude(pk=contact.pk)
    emails = ContactEmail.objects.filter(
        is_live=False, email_norm__in=contact.emails.values("email_norm")
    )
    found = set(binned.filter(pk__in=emails.values("contact")).values_list("pk"))
    if contact.linkedin_url:
        spellings = linkedin_spellings(linkedin_key(contact.linkedin_url))
        urls = [contact.linkedin_url, *spellings]
        found |= set(binned.filter(linkedin_url__in=urls).values_list("pk"))
    if contact.name_sort:
        phones = ContactPhone.objects.filter(
            number__in=contact.phones.values("number"),
            contact__name_sort=contact.name_sort,
        )
        found |= set(binned.filter(pk__in=phones.values("contact")).values_list("pk"))
    rows = Contact.objects.filter(pk__in=[pk for (pk,) in found]).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def _with_parts(contacts: Sequence[Contact]) -> list[Contact]:
    """Return the contacts with those that were merged into them."""
    parts = Contact.objects.filter(merged_into__in=[row.pk for row in contacts])
    return [*contacts, *parts.select_related("person")]


def _blank_ledgers(contacts: Sequence[Contact], *, by: Membership) -> None:
    """Take out of ledgers what they say of them in rows that became no contact."""
    rows = ContactEmail.objects.filter(contact__in=contacts)
    emails = {text for pair in rows.values_list("email", "email_norm") for text in pair}
    names = {contact.name for contact in contacts}
    ids = {contact.external_id for contact in contacts}
    blank_rows_about(labels=names | emails | ids, mentions=emails, of="contact", by=by)
