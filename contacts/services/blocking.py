"""By what forgotten people are known again without anybody knowing who they were (product.md D4)."""

import hmac
from collections.abc import Iterable
from contextlib import suppress

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from contacts.models import BlockedKey, Contact, Erasure, Person
from contacts.queries.linkedin import linkedin_key
from contacts.services.importing.rows import Key
from crm.addresses import BadEmail, BadPhone, normalize_email, parse_phone
from crm.conflicts import Refused
from crm.tenancy.bulk import AnyOf
from crm.tenancy.scope import current_team_id
from crm.text import fold


class Forgotten(Refused):
    """The person asked to be forgotten; a team's admin may lift that."""

    def __init__(self, erasure_id: int, *, key: str = "") -> None:
        super().__init__(reason(), key=key)
        self.erasure_id = erasure_id


def reason() -> str:
    """Return what people read where a forgotten person is refused."""
    return _(
        "This person asked to be forgotten. Only an admin can lift that, in Settings."
    )


def digest(key: Key) -> str:
    """Return the keyed hash of an identity: the same in one team only, and useless without the key."""
    text = "\x1f".join([str(current_team_id()), *key])
    secret = settings.FORGET_KEY.encode()
    return hmac.new(secret, text.encode(), "sha256").hexdigest()


def keys_of_contact(contact: Contact) -> set[Key]:
    """Return by what the contact is known: e-mails, LinkedIn, its ID in another system, and phones
    together with the name.
    """
    keys: set[Key] = {("email", row.email_norm) for row in contact.emails.all()}
    if contact.external_id:
        keys.add(("id", contact.external_id))
    if contact.linkedin_url:
        keys.add(("linkedin", linkedin_key(contact.linkedin_url)))
    if contact.name_sort:
        keys |= {
            ("phone", row.number, contact.name_sort) for row in contact.phones.all()
        }
    return keys


def keys_of_person(person: Person) -> set[Key]:
    """Return the same of a person of the directory."""
    keys: set[Key] = set()
    with suppress(BadEmail):
        keys.add(("email", normalize_email(person.email)))
    with suppress(BadPhone):
        number = parse_phone(person.phone, country=person.country).number
        keys.add(("phone", number, fold(person.name)[:201]))
    if person.linkedin_url:
        keys.add(("linkedin", linkedin_key(person.linkedin_url)))
    return keys


def digests_of_address(typed: str) -> list[str]:
    """Return the hashes of what somebody typed, read as an e-mail address and as a LinkedIn profile."""
    keys: list[Key] = [("linkedin", linkedin_key(typed))]
    with suppress(BadEmail):
        keys.append(("email", normalize_email(typed)))
    return [digest(key) for key in keys]


def blocked(keys: Iterable[Key]) -> dict[Key, int]:
    """Return which of these a forgotten person was known by, each with the erasure. Two queries.

    Teams that forgot nobody pay one: `keys` is not even looked at.
    """
    if not Erasure.objects.in_force().exists():
        return {}
    digests = {digest(key): key for key in keys if key[0] in BlockedKey.Kind.values}
    rows = BlockedKey.objects.filter(
        AnyOf(F("digest"), digests), erasure__lifted_at=None
    ).values_list("digest", "erasure_id")
    return {digests[text]: pk for text, pk in rows}


def blocked_contacts(contacts: QuerySet[Contact]) -> set[int]:
    """Return which of these contacts are known by what a forgotten person was known by."""
    if not Erasure.objects.in_force().exists():
        return set()
    rows = contacts.prefetch_related("emails", "phones")
    keys = {contact.pk: keys_of_contact(contact) for contact in rows}
    known = blocked(key for found in keys.values() for key in found)
    return {pk for pk, found in keys.items() if not known.keys().isdisjoint(found)}


def refuse_forgotten(keys: Iterable[Key], *, key: str) -> None:
    """Raise Forgotten if one of these belongs to a forgotten person; `key` names the field."""
    for erasure_id in blocked(keys).values():
        raise Forgotten(erasure_id, key=key)
