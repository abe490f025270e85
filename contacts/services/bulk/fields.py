"""One field of many contacts, of the product or of the team."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from contacts.bulk_actions import Batch, Ended, Values
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactPhone,
)
from contacts.queries.bulk_fields import settable_field
from contacts.services.bulk import rows
from contacts.services.indexing import search_text
from crm.conflicts import Refused
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.text import fold
from layouts.fields import Field
from layouts.kinds.base import VALUE_COLUMNS, CustomValue


def set_field(batch: Batch, *, by: Membership) -> dict[int, Ended]:
    """Give the field the value of the values on every contact; "" empties it."""
    field = settable_field(batch.values["field"])
    if field is None:
        raise Refused(_("This field does not exist any more."), key="field")
    text = field.clean(batch.values["text"], by=by)
    columns = () if isinstance(field, CustomValue) else field.columns
    contacts, ended = rows.lock(batch, *columns)
    stored = _stored(field, contacts)
    changed = [c for c in contacts if stored[c.pk] != text]
    pks = [contact.pk for contact in changed]
    if isinstance(field, CustomValue):
        _write_values(field, text, pks)
        rows.write(batch, changed=pks, by=by)
    elif field.key == "title":
        _write_titles(batch, changed, text)
        rows.tell(batch, changed=pks, by=by)
    else:
        rows.write(batch, changed=pks, by=by, **{field.key: text})
    already = dict.fromkeys(
        (contact.pk for contact in contacts),
        Ended.skipped(_("Has this value already.")),
    )
    return {**already, **dict.fromkeys(pks, Ended.done()), **ended}


def field_title(values: Values) -> str:
    field = settable_field(values["field"])
    if field is None:
        return _("Set a field")
    shown = field.show(values["text"])
    if not shown:
        return _("Empty “%s”") % field.label
    return _("Set “%(field)s” to “%(value)s”") % {"field": field.label, "value": shown}


def _stored(field: Field, contacts: Iterable[Contact]) -> dict[int, str]:
    """Return the text form of what each contact has."""
    if not isinstance(field, CustomValue):
        return {contact.pk: field.read(contact) for contact in contacts}
    values = ContactFieldValue.objects.filter(
        field=field.pk, contact__in=[contact.pk for contact in contacts]
    )
    by_contact = {value.contact_id: value for value in values}
    return {c.pk: field.read_row(by_contact.get(c.pk)) for c in contacts}


def _write_values(field: CustomValue, text: str, pks: list[int]) -> None:
    ContactFieldValue.objects.filter(field=field.pk, contact__in=pks).delete()
    if not text:
        return
    stored: dict[str, Any] = field.stored(text)
    values = [stored[column] for column in VALUE_COLUMNS]
    bulk.copy_rows(
        ContactFieldValue,
        ["contact", "field", *VALUE_COLUMNS],
        ((pk, field.pk, *values) for pk in pks),
    )


def _write_titles(batch: Batch, contacts: list[Contact], title: str) -> None:
    """Write the title with the columns that lists sort by and searches look into."""
    found = (
        Contact.objects.filter(pk__in=[contact.pk for contact in contacts])
        .select_related("account")
        .prefetch_related(
            Prefetch("emails", ContactEmail.objects.order_by("position", "pk")),
            Prefetch("phones", ContactPhone.objects.order_by("position", "pk")),
        )
    )
    bulk.update_rows(
        Contact,
        ["title", "title_sort", "search_text", "updated_at"],
        [
            (
                contact.pk,
                contact.version,
                title,
                fold(title)[:200],
                search_text(
                    name=contact.name,
                    title=title,
                    company=contact.account.name if contact.account else "",
                    emails=[row.email for row in contact.emails.all()],
                    phones=[row.number for row in contact.phones.all()],
                ),
                batch.at,
            )
            for contact in found
        ],
    )
