"""From fields to what reads and checks their values."""

from collections.abc import Iterable
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

    One query more if there is a picklist among them, and one if there is a member.
    """
    fields = list(fields)
    options: dict[int, dict[int, str]] = {}
    picklists = [field.pk for field in fields if field.has_options and field.pk]
    if picklists:
        rows = FieldOption.objects.filter(field__in=picklists).in_order()
        for field_id, pk, name in rows.values_list("field_id", "pk", "name"):
            options.setdefault(field_id, {})[pk] = name
    has_member = any(field.kind == Kind.MEMBER for field in fields)
    members = _members() if has_member else {}
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


def _members() -> dict[str, Any]:
    rows = Membership.objects.order_by("user__name", "user__email").values_list(
        "pk", "user__name", "user__email", "removed_at"
    )
    listed = list(rows)
    return {
        "names": {pk: name or email for pk, name, email, _gone in listed},
        "active": frozenset(pk for pk, _name, _email, gone in listed if gone is None),
        "emails": {email: pk for pk, _name, email, gone in listed if gone is None},
    }
