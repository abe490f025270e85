"""From fields to what reads and checks their values."""

from collections.abc import Iterable, Sequence
from typing import Any

from crm.teams.models import Membership
from layouts.kinds.base import CUSTOM_KEY, CustomValue
from layouts.kinds.choices import (
    CheckboxValue,
    MemberValue,
    MultiPicklistValue,
    PicklistValue,
)
from layouts.kinds.numbers import CurrencyValue, DateValue, MomentValue, NumberValue
from layouts.kinds.texts import (
    EmailValue,
    LinkValue,
    LongTextValue,
    PhoneValue,
    TextValue,
)
from layouts.models import CustomField, FieldOption

Kind = CustomField.Kind
_CLASSES: dict[str, type[CustomValue]] = {
    Kind.TEXT: TextValue,
    Kind.LONG_TEXT: LongTextValue,
    Kind.NUMBER: NumberValue,
    Kind.CURRENCY: CurrencyValue,
    Kind.DATE: DateValue,
    Kind.MOMENT: MomentValue,
    Kind.CHECKBOX: CheckboxValue,
    Kind.PICKLIST: PicklistValue,
    Kind.MULTI_PICKLIST: MultiPicklistValue,
    Kind.URL: LinkValue,
    Kind.EMAIL: EmailValue,
    Kind.PHONE: PhoneValue,
    Kind.MEMBER: MemberValue,
}


def values_for(fields: Iterable[CustomField]) -> list[CustomValue]:
    """Return what reads and checks the values of the fields, in their order.

    Where the fields were not read `with_choices`, one query more if there is a picklist among them,
    and one if there is a member.
    """
    fields = list(fields)
    options = _options(fields)
    of_members = [field for field in fields if field.kind == Kind.MEMBER]
    read = getattr(of_members[0], "read_members", None) if of_members else []
    members = _members(_read_members() if read is None else read)
    return [
        _made(
            field,
            members
            if field.kind == Kind.MEMBER
            else {"names": options.get(field.pk, {})},
        )
        for field in fields
    ]


def _made(field: CustomField, more: dict[str, Any]) -> CustomValue:
    return _CLASSES[field.kind](
        key=f"{CUSTOM_KEY}{field.pk}",
        pk=field.pk or 0,
        label=field.name,
        kind=field.kind,
        section=field.group,
        help_text=field.help_text,
        currency=field.currency,
        **more,
    )


def _options(fields: Sequence[CustomField]) -> dict[int, dict[int, str]]:
    """Return the names of options by their ids, field by field, in order."""
    read = {field.pk: getattr(field, "read_options", None) for field in fields}
    found = {
        pk: {option["pk"]: option["name"] for option in options}
        for pk, options in read.items()
        if options is not None
    }
    picklists = [f.pk for f in fields if f.has_options and f.pk and f.pk not in found]
    if picklists:
        rows = FieldOption.objects.filter(field__in=picklists).in_order()
        for field_id, pk, name in rows.values_list("field_id", "pk", "name"):
            found.setdefault(field_id, {})[pk] = name
    return found


def _read_members() -> list[dict[str, Any]]:
    rows = Membership.objects.order_by("user__name", "user__email")
    return [
        {"pk": pk, "name": name, "email": email, "removed_at": gone}
        for pk, name, email, gone in rows.values_list(
            "pk", "user__name", "user__email", "removed_at"
        )
    ]


def _members(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    listed = list(rows)
    active = [row for row in listed if row["removed_at"] is None]
    return {
        "names": {row["pk"]: row["name"] or row["email"] for row in listed},
        "active": frozenset(row["pk"] for row in active),
        "emails": {row["email"]: row["pk"] for row in active},
    }
