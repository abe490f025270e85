"""Saving people of the directory as contacts of the team (product.md P6), one or many alike."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError
from django.db.models import QuerySet

from contacts.models import (
    Contact,
    ContactEmail,
    ContactPhone,
    ContactStage,
    HeldBack,
    Person,
)
from contacts.services import indexing
from contacts.services.blocking import blocked, keys_of_person
from contacts.services.deletion import restore_contacts
from contacts.services.forgetting import hold_back_for_good
from contacts.services.matching import accounts_of_organizations
from contacts.services.recognizing import binned_by_address
from contacts.signals import contacts_created
from crm.addresses import BadEmail, BadPhone, normalize_email, parse_phone
from crm.history.services.recording import recorded
from crm.teams.models import Membership, Team
from crm.tenancy.scope import current_team_id
from crm.text import fold

_TRIES = 3
_COPIED = [
    "first_name",
    "last_name",
    "title",
    "seniority",
    "department",
    "city",
    "region",
    "country",
    "time_zone",
    "linkedin_url",
]


@dataclass
class Saved:
    """What became of each person: their contact, and why where it is not a new one."""

    contact_of: dict[int, int] = field(
        default_factory=dict
    )  # person -> contact, of all below
    created: list[int] = field(default_factory=list)  # contacts
    restored: list[int] = field(default_factory=list)  # contacts
    already: dict[int, int] = field(default_factory=dict)  # person -> contact
    refused: dict[int, str] = field(
        default_factory=dict
    )  # binned contact -> why it stays there
    taken_emails: dict[str, str] = field(
        default_factory=dict
    )  # left out -> name of the person
    forgotten: list[int] = field(default_factory=list)  # persons who are not saved


def save_people(*, person_ids: Collection[int], by: Membership, at: datetime) -> Saved:
    """Make contacts of the persons, owned by `by`, in the first stage, with their account.

    A person who is a contact already stays as they are; one whose contact is in the bin gets it
    back, also one who was added otherwise, under the same address. Whoever asked to be forgotten is
    not saved. An e-mail address that another contact has is left out. Sends contacts_created.
    """
    for _attempt in range(_TRIES - 1):
        try:
            return _save_people(person_ids, by=by, at=at)
        except IntegrityError:
            # Somebody used an address or created an account meanwhile; now it can be seen.
            continue
    return _save_people(person_ids, by=by, at=at)


@recorded("contact.save")
def _save_people(person_ids: Collection[int], *, by: Membership, at: datetime) -> Saved:
    # One at a time for each team, so that a double click finds what the first one did.
    Team.objects.select_for_update(no_key=True).get(pk=current_team_id())
    people = {person.pk: person for person in _persons(person_ids)}
    result = Saved(already=_survivors_of(people))
    result.already |= _contacts_of(Contact.objects.saved(), people)
    rest = people.keys() - result.already.keys()
    rest -= _leave_forgotten([people[pk] for pk in rest], by, result)
    binned = _contacts_of(Contact.objects.deleted(), rest)
    if binned:
        back = restore_contacts(contact_ids=list(binned.values()), by=None, at=at)
        result.restored, result.refused = list(back.restored), dict(back.refused)
    binned |= _restore_by_address(
        [people[pk] for pk in rest - binned.keys()], at, result
    )
    new = [people[pk] for pk in sorted(rest - binned.keys())]
    contacts = _create(new, by, at, result) if new else []
    restored = {
        pk: contact for pk, contact in binned.items() if contact in result.restored
    }
    created = {contact.person_id: contact.pk for contact in contacts}
    result.contact_of = {**result.already, **restored, **created}
    return result


def _persons(person_ids: Collection[int]) -> Iterable[Person]:
    return (
        Person.objects.filter(pk__in=person_ids)
        .select_related("organization")
        .order_by("pk")
    )


def _contacts_of(contacts: QuerySet, person_ids: Iterable[int]) -> dict[int, int]:
    """Return the contact of each person; the one deleted last where there are several."""
    found = contacts.filter(person__in=list(person_ids)).order_by("deleted_at", "pk")
    return dict(found.values_list("person_id", "pk"))


def _survivors_of(person_ids: Iterable[int]) -> dict[int, int]:
    """Return the saved contact that the contact of each person was merged into."""
    merged = Contact.objects.merged().filter(merged_into__deleted_at=None)
    found = merged.filter(person__in=list(person_ids))
    return dict(found.values_list("person_id", "merged_into_id"))


def _leave_forgotten(people: list[Person], by: Membership, result: Saved) -> set[int]:
    """Return who asked to be forgotten; they are not offered any more."""
    keys = {person.pk: keys_of_person(person) for person in people}
    known = blocked(key for found in keys.values() for key in found)
    forgotten = {pk for pk, found in keys.items() if not known.keys().isdisjoint(found)}
    if forgotten:
        hold_back_for_good(forgotten, by=by)
    result.forgotten = sorted(forgotten)
    return forgotten


def _restore_by_address(
    people: list[Person], at: datetime, result: Saved
) -> dict[int, int]:
    """Restore who is in the bin under an address of the person, and say that it is the person."""
    found = binned_by_address(people) if people else {}
    if not found:
        return {}
    back = restore_contacts(contact_ids=list(found.values()), by=None, at=at)
    binned = {pk: contact for pk, contact in found.items() if contact in back.restored}
    contacts = Contact.objects.in_bulk(binned.values())
    for person_id, contact_id in binned.items():
        contacts[contact_id].person_id = person_id
    Contact.objects.bulk_update(contacts.values(), ["person"])
    HeldBack.objects.filter(person__in=binned).delete()
    result.restored += back.restored
    return binned


def _create(
    people: list[Person], by: Membership, at: datetime, result: Saved
) -> list[Contact]:
    stage = ContactStage.objects.get(is_first=True)
    organizations = [person.organization for person in people if person.organization]
    accounts = accounts_of_organizations(organizations, by=by)
    emails = _free_emails(people, result)
    phones = _phones(people)
    contacts = []
    for person in people:
        account = (
            accounts.get(person.organization_id) if person.organization_id else None
        )
        contact = Contact(
            **{name: getattr(person, name) for name in _COPIED},
            person=person,
            account=account,
            stage=stage,
            owner=by,
            created_by=by,
            created_at=at,
            source=Contact.Source.DIRECTORY,
        )
        _index(contact, person, emails.get(person.pk, ""), phones.get(person.pk, ""))
        contacts.append(contact)
    Contact.objects.bulk_create(contacts)
    ContactEmail.objects.bulk_create(
        ContactEmail(
            contact=contact,
            email=contact.primary_email,
            email_norm=contact.primary_email,
        )
        for contact in contacts
        if contact.primary_email
    )
    ContactPhone.objects.bulk_create(
        ContactPhone(contact=contact, number=contact.primary_phone)
        for contact in contacts
        if contact.primary_phone
    )
    result.created = [contact.pk for contact in contacts]
    contacts_created.send(sender=Contact, contact_ids=result.created, by=by, at=at)
    return contacts


def _index(contact: Contact, person: Person, email: str, phone: str) -> None:
    company = contact.account.name if contact.account else ""
    contact.name = indexing.full_name(
        contact.first_name, contact.last_name, fallback=person.name or email
    )
    contact.name_sort = fold(contact.name)[:201]
    contact.title_sort = fold(contact.title)[:200]
    contact.account_sort = fold(company)[:200]
    contact.primary_email, contact.primary_phone = email, phone
    contact.search_text = indexing.search_text(
        name=contact.name,
        title=contact.title,
        company=company,
        emails=[email] if email else [],
        phones=[phone] if phone else [],
    )


def _free_emails(people: list[Person], result: Saved) -> dict[int, str]:
    """Return the address of each person whom no contact, and nobody before them, has it from."""
    emails = {person.pk: _email(person) for person in people if person.email}
    rows = ContactEmail.objects.filter(is_live=True, email_norm__in=emails.values())
    taken = set(rows.values_list("email_norm", flat=True))
    free: dict[int, str] = {}
    for person in people:
        email = emails.get(person.pk, "")
        if email in taken:
            result.taken_emails[email] = person.name
        elif email:
            taken.add(email)
            free[person.pk] = email
    return free


def _email(person: Person) -> str:
    try:
        return normalize_email(person.email)
    except BadEmail:
        return ""


def _phones(people: list[Person]) -> dict[int, str]:
    found = {}
    for person in people:
        try:
            found[person.pk] = parse_phone(person.phone, country=person.country).number
        except BadPhone:
            continue
    return found
