"""A contact under edit: every value it has, read and written as text, saved together at the end.

A value has a key: the name of a field, "email-12" or "phone-12" for an address, "email-new…" for
one to add, "primary-email", or "custom-5" for a field of the team's own. An address reads
"kind|address", "" when there is none.
"""

from datetime import datetime
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import services as account_services
from contacts.models import Contact, ContactList, ListEntry
from contacts.queries.fields import (
    NEW,
    contact_fields,
    split_lists,
)
from contacts.queries.linkedin import linkedin_key
from contacts.services import indexing
from contacts.services.address_rows import EmailRows, PhoneRows
from contacts.services.blocking import refuse_forgotten
from crm.conflicts import Refused
from crm.teams.models import Membership
from layouts.models import CustomField
from layouts.services.values import CustomValues

MAX_LIST_NAME = 80


class Part(Protocol):
    """A kind of values of a draft."""

    def read(self, key: str) -> str: ...
    def write(self, key: str, text: str) -> None: ...
    def show(self, key: str, text: str) -> str: ...
    def flush(self) -> None: ...


class Draft:
    """Reads, collects and saves an edit of one contact, which the caller has locked."""

    def __init__(self, contact: Contact, *, by: Membership, at: datetime) -> None:
        self.contact, self.by, self.at = contact, by, at
        self.columns: set[str] = set()
        self._used: dict[str, Part] = {}

    def read(self, key: str) -> str:
        """Return the text form of what is stored, or was written here; raise KeyError for no key."""
        if part := self._part(key):
            return part.read(key)
        return contact_fields()[key].read(self.contact)

    def show(self, key: str, text: str) -> str:
        """Return how people see a text form."""
        part = self._part(key)
        return part.show(key, text) if part else contact_fields()[key].show(text)

    def write(self, key: str, text: str) -> None:
        """Take a value over; raise Refused for what cannot be kept."""
        if part := self._part(key):
            part.write(key, text)
        elif key == "lists":
            self._write_lists(text)
        else:
            field = contact_fields()[key]
            text = field.clean(text, by=self.by)
            if key == "owner" and not self.contact.is_reassignable_by(self.by):
                raise Refused(
                    _("Only %(owner)s and managers give this contact to somebody else.")
                    % {"owner": self.contact.owner},
                    key=key,
                )
            if key == "account" and text.startswith(NEW):
                text = self._new_account(text.removeprefix(NEW))
            field.write(self.contact, text)
            self.columns.add(key)

    def save(self) -> None:
        """Save everything with the columns for lists and searches; raise Refused for duplicates."""
        for part in self._used.values():
            part.flush()
        contact, old_name = self.contact, self.contact.name_sort
        indexing.index_contact(contact)
        self._refuse_forgotten(old_name)
        if not contact.name:
            message = _("A contact needs a name or an e-mail address.")
            raise Refused(message, key="first_name")
        contact.name = contact.name[:201]
        contact.version += 1
        columns = [*self.columns, *indexing.INDEXED, "version", "updated_at"]
        try:
            with transaction.atomic():
                contact.save(update_fields=columns)
        except IntegrityError:
            # Of these columns only the id in another system is unique.
            message = _("Another contact has this ID.")
            raise Refused(message, key="external_id") from None

    def _refuse_forgotten(self, old_name: str) -> None:
        """Raise Forgotten if the contact becomes known by what a forgotten person was known by."""
        contact, phones = self.contact, self._used.get("phone")
        if "linkedin_url" in self.columns and contact.linkedin_url:
            key = linkedin_key(contact.linkedin_url)
            refuse_forgotten([("linkedin", key)], key="linkedin_url")
        if "external_id" in self.columns and contact.external_id:
            refuse_forgotten([("id", contact.external_id)], key="external_id")
        if isinstance(phones, PhoneRows):
            for key in phones.changed:
                number = phones.rows[key].number
                refuse_forgotten([("phone", number, contact.name_sort)], key=key)
        if contact.name_sort != old_name:
            named = "first_name" if "first_name" in self.columns else "last_name"
            numbers = [row.number for row in contact.phones.all()]
            keys = [("phone", number, contact.name_sort) for number in numbers]
            refuse_forgotten(keys, key=named)

    def _part(self, key: str) -> Part | None:
        prefix = key.removeprefix("primary-").partition("-")[0]
        if prefix in self._used:
            return self._used[prefix]
        if prefix == "custom":
            self._used[prefix] = CustomValues(
                self.contact, kind=CustomField.Record.CONTACT, by=self.by
            )
        elif made := {"email": EmailRows, "phone": PhoneRows}.get(prefix):
            self._used[prefix] = made(self.contact, by=self.by, at=self.at)
        return self._used.get(prefix)

    def _new_account(self, name: str) -> str:
        try:
            account = account_services.create_account(name=name, by=self.by)
        except Refused as refused:
            raise Refused(str(refused), key="account") from None
        return str(account.pk)

    def _write_lists(self, text: str) -> None:
        """Make the contact's lists exactly these."""
        ids, name = split_lists(text)
        known = set(ContactList.objects.filter(pk__in=ids).values_list("pk", flat=True))
        if name:
            known.add(find_or_create_list(name, by=self.by).pk)
        elif ids - known:
            raise Refused(_("One of these lists no longer exists."), key="lists")
        entries = self.contact.list_entries.all()
        entries.exclude(list_id__in=known).delete()
        had = set(entries.values_list("list_id", flat=True))
        ListEntry.objects.bulk_create(
            ListEntry(list_id=pk, contact=self.contact, added_by=self.by)
            for pk in sorted(known - had)
        )


def find_or_create_list(name: str, *, by: Membership) -> ContactList:
    """Return the team's list of that name, in whatever case, created if there is none."""
    name = " ".join(name.split())
    if not name or len(name) > MAX_LIST_NAME or "\x00" in name:
        message = _("A list needs a name of at most %s characters.") % MAX_LIST_NAME
        raise Refused(message, key="lists")
    found = ContactList.objects.filter(name__iexact=name).first()
    return found or ContactList.objects.create(name=name, created_by=by)
