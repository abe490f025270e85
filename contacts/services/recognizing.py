"""Persons of the directory who are in the bin under their address, whatever they were saved from."""

from collections.abc import Iterable

from django.db.models import F

from contacts.models import Contact, ContactEmail, Person
from contacts.queries.linkedin import linkedin_key, linkedin_spellings
from crm.addresses import BadEmail, normalize_email
from crm.tenancy.bulk import AnyOf


def binned_by_address(people: Iterable[Person]) -> dict[int, int]:
    """Return person -> the contact in the bin, of no other person, with their e-mail or LinkedIn.

    So adding them again restores it instead of making a twin (product.md D3). Two queries.
    """
    people = list(people)
    emails = {email: person.pk for person in people if (email := _email(person))}
    profiles = {
        linkedin_key(person.linkedin_url): person.pk
        for person in people
        if person.linkedin_url
    }
    found: dict[int, int] = {}
    for key, pk in _by_profile(profiles):
        found[profiles[key]] = pk
    for email, pk in _by_email(emails):
        found[emails[email]] = pk
    once: dict[int, int] = {}
    for person_id, pk in found.items():
        once.setdefault(pk, person_id)
    return {person_id: pk for pk, person_id in once.items()}


def _by_email(emails: Iterable[str]) -> Iterable[tuple[str, int]]:
    """The one deleted last comes last: it is the one that counts."""
    rows = ContactEmail.objects.filter(AnyOf(F("email_norm"), emails), is_live=False)
    rows = rows.filter(contact__person=None, contact__deleted_at__isnull=False)
    rows = rows.order_by("contact__deleted_at", "contact_id")
    return rows.values_list("email_norm", "contact_id")


def _by_profile(profiles: Iterable[str]) -> Iterable[tuple[str, int]]:
    spellings = [text for key in profiles for text in linkedin_spellings(key)]
    contacts = Contact.objects.deleted().exclude(linkedin_url="").filter(person=None)
    contacts = contacts.filter(AnyOf(F("linkedin_url"), spellings))
    rows = contacts.order_by("deleted_at", "pk").values_list("linkedin_url", "pk")
    return ((linkedin_key(url), pk) for url, pk in rows)


def _email(person: Person) -> str:
    try:
        return normalize_email(person.email) if person.email else ""
    except BadEmail:
        return ""
