"""Every write to the fields that a team added (product.md C61)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.conflicts import Refused
from crm.history.services.recording import recorded
from crm.teams.models import Membership
from layouts.kinds.currencies import CURRENCIES
from layouts.models import CustomField, FieldOption
from layouts.models.values import values_table

MAX_NAME = 80
MAX_FIELDS = 200  # of one kind of record
MAX_OPTIONS = 500  # of one picklist
MAX_OPTION_NAME = 120


class FieldNameTaken(Refused):
    """The team has a field of that name already."""


class TooManyFields(Refused):
    """The team has as many fields as there may be."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """What can be said of a field beside its name and its type."""

    group: str = ""
    help_text: str = ""
    currency: str = ""


@transaction.atomic
def create_custom_field(
    *,
    name: str,
    kind: str = CustomField.Kind.TEXT,
    record: str = CustomField.Record.CONTACT,
    described: Described | None = None,
    options: Sequence[str] = (),
    by: Membership | None,
) -> CustomField:
    """Add a field behind the team's others, a picklist with its options.

    Raise FieldNameTaken if the team has one of that name, in whatever case, TooManyFields, and
    Refused for a name that is empty or too long, or for options that are.
    """
    name = _cleaned(name)
    fields = CustomField.objects.filter(record=record)
    if fields.count() >= MAX_FIELDS:
        message = _("A team has at most %s fields of a kind of record.") % MAX_FIELDS
        raise TooManyFields(message, key="name")
    last = fields.aggregate(last=Max("position"))["last"]
    field = CustomField(
        name=name,
        kind=kind,
        record=record,
        position=0 if last is None else last + 1,
    )
    _describe(field, described or Described())
    _save(field)
    for option in options:
        add_option(field=field, name=option, by=by)
    return field


@transaction.atomic
def update_custom_field(
    *, field: CustomField, name: str, described: Described, by: Membership
) -> None:
    """Rename a field and say more of it; its type never changes. Raise as creating one does."""
    field.name = _cleaned(name)
    _describe(field, described)
    _save(field)


@transaction.atomic
def move_field(*, field: CustomField, up: bool, by: Membership) -> None:
    """Let the field and the one before or behind it change places."""
    rows = CustomField.objects.for_record(field.record)
    _swap(list(rows.select_for_update()), field, up=up)


@recorded("fields.delete")
def delete_field(*, field: CustomField, by: Membership) -> int:
    """Delete a field with all its values; return how many values went."""
    locked = CustomField.objects.select_for_update().get(pk=field.pk)
    values, _each = values_table(field.record).objects.filter(field=locked).delete()
    locked.delete()
    return values


@transaction.atomic
def add_option(*, field: CustomField, name: str, by: Membership | None) -> FieldOption:
    """Add an option behind the others; raise Refused for a name that is taken or none."""
    # Locked, so that the limit holds and the last place is taken once.
    CustomField.objects.select_for_update().get(pk=field.pk)
    options = FieldOption.objects.filter(field=field)
    if options.count() >= MAX_OPTIONS:
        message = _("A picklist has at most %s options.") % MAX_OPTIONS
        raise Refused(message, key="option")
    last = options.aggregate(last=Max("position"))["last"]
    option = FieldOption(field=field, position=0 if last is None else last + 1)
    rename_option(option=option, name=name, by=by)
    return option


@transaction.atomic
def rename_option(*, option: FieldOption, name: str, by: Membership | None) -> None:
    """Call an option something else; the values that hold it are called so too."""
    option.name = " ".join(name.split())
    if not option.name or len(option.name) > MAX_OPTION_NAME or "\x00" in option.name:
        message = _("An option needs a name of at most %s characters.")
        raise Refused(message % MAX_OPTION_NAME, key="option")
    if ";" in option.name:
        message = _("The name of an option holds no “;”: it stands between several.")
        raise Refused(message, key="option")
    try:
        with transaction.atomic():
            option.save()
    except IntegrityError:
        message = _("There is an option called “%s” already.") % option.name
        raise Refused(message, key="option") from None


@transaction.atomic
def move_option(*, option: FieldOption, up: bool, by: Membership) -> None:
    """Let the option and the one before or behind it change places."""
    rows = FieldOption.objects.filter(field=option.field_id).in_order()
    _swap(list(rows.select_for_update()), option, up=up)


def _cleaned(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or "\x00" in name:
        raise Refused(
            _("A field needs a name of at most %s characters.") % MAX_NAME, key="name"
        )
    return name


def _describe(field: CustomField, described: Described) -> None:
    field.group = " ".join(described.group.split())[:60]
    field.help_text = described.help_text.strip()[:300]
    if field.kind == CustomField.Kind.CURRENCY:
        field.currency = described.currency or field.currency or "USD"
        if field.currency not in CURRENCIES:
            raise Refused(_("Choose one from the list."), key="currency")


def _save(field: CustomField) -> None:
    try:
        with transaction.atomic():
            field.save()
    except IntegrityError as exc:
        raise FieldNameTaken(
            _("There is a field called “%s” already.") % field.name, key="name"
        ) from exc


def _swap(rows: list[Any], one: CustomField | FieldOption, *, up: bool) -> None:
    """Number the rows anew with `one` a place further up or down."""
    place = next((n for n, row in enumerate(rows) if row.pk == one.pk), None)
    if place is None:
        return
    other = place + (-1 if up else 1)
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])
