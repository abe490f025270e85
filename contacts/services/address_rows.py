"""The e-mail addresses and phone numbers of a contact under edit."""

from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contacts.models import Contact, ContactEmail, ContactPhone
from contacts.services.blocking import refuse_forgotten
from crm.addresses import (
    BadEmail,
    BadPhone,
    normalize_email,
    parse_phone,
)
from crm.conflicts import Refused
from crm.phones import format_phone
from crm.teams.models import Membership

MAX_ROWS = 50


class HasNumber(Protocol):
    """A phone number, as a row or as a tuple of its columns."""

    @property
    def number(self) -> str: ...

    @property
    def extension(self) -> str: ...


class EmailTaken(Refused):
    """Another contact of the team has the e-mail address."""

    def __init__(self, email: str, contact: Contact, *, key: str) -> None:
        message = _("%(email)s belongs to %(name)s.")
        super().__init__(message % {"email": email, "name": contact.name}, key=key)
        self.contact = contact


class AddressRows:
    """Ordered rows of one kind; the first is primary. Keys are "email-12" or "email-new…"."""

    prefix: ClassVar[str]
    model: ClassVar[Any]

    def __init__(self, contact: Contact, *, by: Membership, at: datetime) -> None:
        self.contact, self.by, self.at = contact, by, at
        rows: QuerySet = self.model.objects.filter(contact=contact)
        self.rows = {
            f"{self.prefix}-{row.pk}": row for row in rows.order_by("position", "pk")
        }
        self.changed: set[str] = set()
        self.primary = next(iter(self.rows), "")

    def read(self, key: str) -> str:
        if key.startswith("primary-"):
            return self.primary
        row = self.rows.get(key)
        return f"{row.kind}|{self.address(row)}" if row else ""

    def show(self, key: str, text: str) -> str:
        if key.startswith("primary-"):
            row = self.rows.get(text)
            return self.address(row) if row else ""
        return text.partition("|")[2]

    def write(self, key: str, text: str) -> None:
        if key.startswith("primary-"):
            self.primary = text
            return
        kind, _bar, address = text.partition("|")
        if not address.strip():
            self._remove(key)
            return
        if kind not in self.model.Kind:
            raise Refused(_("Choose a type from the list."), key=key)
        row = self.rows.get(key) or self.model(contact=self.contact)
        if row.pk is None and len(self.rows) >= MAX_ROWS:
            raise Refused(_("A contact has at most %s of these.") % MAX_ROWS, key=key)
        self.set_address(row, address.strip(), key=key)
        row.kind = kind
        self.rows[key] = row
        self.changed.add(key)

    def flush(self) -> None:
        """Save the rows that changed, and the places of all."""
        ordered = sorted(self.rows, key=lambda key: key != self.primary)
        for position, key in enumerate(ordered):
            if self.rows[key].position != position or self.rows[key].pk is None:
                self.rows[key].position = position
                self.changed.add(key)
        self.check()
        self.make_room()
        for key in [key for key in ordered if key in self.changed]:
            try:
                with transaction.atomic():
                    self.rows[key].save()
            except IntegrityError:
                message = _("Somebody has just used this for another contact.")
                raise Refused(message, key=key) from None

    def _remove(self, key: str) -> None:
        row = self.rows.pop(key, None)
        self.changed.discard(key)
        if row is not None and row.pk is not None:
            row.delete()

    def address(self, row: Any) -> str:
        """Return the address as people see and type it."""
        raise NotImplementedError

    def set_address(self, row: Any, text: str, *, key: str) -> None:
        """Set what was typed; raise Refused for what is no address."""
        raise NotImplementedError

    def identity(self, row: Any) -> Any:
        """Return what may be there only once."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise Refused for an address that is there twice."""
        seen: set[Any] = set()
        for key, row in self.rows.items():
            if self.identity(row) in seen:
                raise Refused(_("This is there twice."), key=key)
            seen.add(self.identity(row))

    def make_room(self) -> None:
        """Take the rows that change out of the way, so that two may swap their addresses."""


class EmailRows(AddressRows):
    prefix = "email"
    model = ContactEmail

    def address(self, row: ContactEmail) -> str:
        return row.email

    def identity(self, row: ContactEmail) -> str:
        return row.email_norm

    def set_address(self, row: ContactEmail, text: str, *, key: str) -> None:
        try:
            norm = normalize_email(text)
        except BadEmail as exc:
            raise Refused(str(exc), key=key) from None
        if norm != row.email_norm:
            # What was known about the old address says nothing about the new one.
            row.status = ContactEmail.Status.UNKNOWN
            row.status_at, row.status_source = self.at, str(self.by)[:80]
        row.email, row.email_norm = text, norm

    def check(self) -> None:
        super().check()
        norms = {self.rows[key].email_norm: key for key in self.changed}
        taken = (
            ContactEmail.objects.filter(email_norm__in=norms, is_live=True)
            .exclude(contact=self.contact)
            .select_related("contact")
            .first()
        )
        if taken:
            key = norms[taken.email_norm]
            raise EmailTaken(taken.email, taken.contact, key=key)
        for norm, key in norms.items():
            refuse_forgotten([("email", norm)], key=key)

    def make_room(self) -> None:
        pks = [self.rows[key].pk for key in self.changed if self.rows[key].pk]
        ContactEmail.objects.filter(pk__in=pks).update(is_live=False)


class PhoneRows(AddressRows):
    prefix = "phone"
    model = ContactPhone

    def address(self, row: ContactPhone) -> str:
        return phone_text(row)

    def identity(self, row: ContactPhone) -> tuple[str, str]:
        return row.number, row.extension

    def set_address(self, row: ContactPhone, text: str, *, key: str) -> None:
        country = self.contact.country or self.contact.team.country
        try:
            row.number, row.extension = parse_phone(text, country=country)
        except BadPhone as exc:
            raise Refused(str(exc), key=key) from None


def phone_text(row: HasNumber) -> str:
    """Return the number as people write it, with its extension."""
    number = format_phone(row.number)
    return f"{number} ext. {row.extension}" if row.extension else number
