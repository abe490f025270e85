"""Filters on the custom fields of contacts and of their accounts: each kind with its own ways to compare."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import AccountFieldValue
from contacts.models import ContactFieldValue
from contacts.queries.choice_filters import FACETS, MAX_TEXT, ids
from contacts.queries.fields import of_account
from contacts.queries.filters import (
    BadFilter,
    Choice,
    Choices,
    Family,
    Filter,
    Group,
    Now,
    clean_values,
)
from crm.conflicts import Refused
from layouts.kinds.base import CustomValue
from layouts.kinds.making import values_for
from layouts.models import CustomField
from layouts.models.values import COLUMN, Operator, condition, operators_for

OFFERED = 20
Kind = CustomField.Kind
_LABELS = {
    Operator.IS: gettext_lazy("is"),
    Operator.IS_NOT: gettext_lazy("is not"),
    Operator.CONTAINS: gettext_lazy("contains"),
    Operator.STARTS_WITH: gettext_lazy("starts with"),
    Operator.LESS: gettext_lazy("less than"),
    Operator.MORE: gettext_lazy("more than"),
    Operator.AT_LEAST: gettext_lazy("at least"),
    Operator.AT_MOST: gettext_lazy("at most"),
    Operator.ANY_OF: gettext_lazy("is any of"),
    Operator.ALL_OF: gettext_lazy("is all of"),
    Operator.NONE_OF: gettext_lazy("is none of"),
    Operator.EMPTY: gettext_lazy("is empty"),
    Operator.FILLED: gettext_lazy("is filled in"),
}
_OF_TIME = {
    Operator.LESS: gettext_lazy("before"),
    Operator.MORE: gettext_lazy("after"),
    Operator.AT_LEAST: gettext_lazy("on or after"),
    Operator.AT_MOST: gettext_lazy("on or before"),
}
_NO_VALUE = (Operator.EMPTY, Operator.FILLED)
_NEGATIVE = {Operator.IS_NOT: Operator.IS, Operator.NONE_OF: Operator.ANY_OF}
_PARTIAL = (Operator.CONTAINS, Operator.STARTS_WITH)
_INPUTS = {
    Kind.NUMBER: "number",
    Kind.DATE: "date",
    Kind.MOMENT: "datetime-local",
}


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Whose fields a family of filters is about."""

    prefix: str
    record: CustomField.Record
    group: Group
    # The id of a field -> its values of the contact in the outer query
    values: Callable[[int], QuerySet]
    called: Callable[[Any], Any] = str  # how a field is called among all others

    def key(self, pk: int) -> str:
        return f"{self.prefix}-{pk}"

    @property
    def fields(self) -> Any:
        return CustomField.objects.for_record(self.record)


def _of_contact(field_id: int) -> QuerySet:
    return ContactFieldValue.objects.filter(contact=OuterRef("pk"), field=field_id)


def _of_account(field_id: int) -> QuerySet:
    own = OuterRef("account_id")
    return AccountFieldValue.objects.filter(account=own, field=field_id)


CONTACTS = Holder(
    prefix="field",
    record=CustomField.Record.CONTACT,
    group=Group.FIELDS,
    values=_of_contact,
)
ACCOUNTS = Holder(
    prefix="accountfield",
    record=CustomField.Record.ACCOUNT,
    group=Group.COMPANY,
    values=_of_account,
    called=of_account,
)


_HOLDERS: dict[str, Holder] = {each.record: each for each in (CONTACTS, ACCOUNTS)}


def _label(operator: Operator, subject: CustomValue) -> Any:
    of_time = subject.kind in (Kind.DATE, Kind.MOMENT)
    return _OF_TIME.get(operator, _LABELS[operator]) if of_time else _LABELS[operator]


def _clean(key: str, subject: CustomValue, params: QueryDict) -> dict[str, Any] | None:
    asked = params.get(f"{key}_op", "").strip()
    offered = operators_for(subject.kind)
    if asked and asked not in offered:
        raise BadFilter(_("“%s” is not offered") % asked[:80])
    operator = Operator(asked) if asked else offered[0]
    if operator in _NO_VALUE:
        return {"operator": operator, "values": [], "texts": []}
    typed = (text.replace("\x00", "")[:MAX_TEXT] for text in clean_values(params, key))
    texts = [text for text in typed if text.strip()]
    if not texts:
        return None
    values = [_value(text, operator, subject) for text in texts]
    shown = [_shown(text, operator, subject) for text in texts]
    return {"operator": operator, "values": values, "texts": shown}


def _value(text: str, operator: Operator, subject: CustomValue) -> Any:
    """Return what a text stands for; raise BadFilter."""
    column = COLUMN[subject.kind]
    if column in ("option_ids", "member"):
        known = ids([text])
        if not known or known[0] not in subject.names:
            raise BadFilter(_("“%s” is not offered") % text[:80])
        return known[0]
    if column == "text_sort" and operator in _PARTIAL:
        return text
    try:
        parsed = subject.parse(text)
        if not parsed:
            raise BadFilter(_("“%s” says nothing") % text[:80])
        stored = subject.stored(parsed)
    except Refused as problem:
        raise BadFilter(str(problem)) from None
    found: float | date | datetime | str = stored[column]
    return found


def _shown(text: str, operator: Operator, subject: CustomValue) -> str:
    if COLUMN[subject.kind] in ("option_ids", "member"):
        return subject.names[int(text)]
    if operator in _PARTIAL:
        return _("“%s”") % text
    return str(subject.show(subject.parse(text)))


def _describe(subject: CustomValue, value: dict[str, Any], choices: Choices) -> str:
    words = [str(_label(value["operator"], subject)), _(" or ").join(value["texts"])]
    return " ".join(filter(None, words))


def _narrow(
    holder: Holder,
    subject: CustomValue,
    rows: QuerySet,
    value: dict[str, Any],
    now: Now,
) -> QuerySet:
    """Return the contacts whose value compares like this; the index of its column serves it.

    A contact without an account has no value in its account's fields.
    """
    own = holder.values(subject.pk)
    operator = value["operator"]
    if operator in _NO_VALUE:
        is_there = Exists(own)
        return rows.filter(is_there if operator == Operator.FILLED else ~is_there)
    positive = _NEGATIVE.get(operator, operator)
    if COLUMN[subject.kind] in ("option_ids", "member"):
        asked = condition(subject.kind, positive, value["values"])
    else:
        asked = Q()
        for each in value["values"]:
            asked |= condition(subject.kind, positive, each)
    found = Exists(own.filter(asked))
    return rows.filter(~found if operator in _NEGATIVE else found)


def _filter_on(holder: Holder, subject: CustomValue, order: int) -> Filter:
    key = holder.key(subject.pk)
    chosen = COLUMN[subject.kind] in ("option_ids", "member")
    offered = [Choice(str(pk), name) for pk, name in subject.names.items()]
    if subject.kind == Kind.CHECKBOX:
        offered = [
            Choice("true", gettext_lazy("Yes")),
            Choice("false", gettext_lazy("No")),
        ]
        chosen = True
    operators = operators_for(subject.kind)
    return Filter(
        key=key,
        label=holder.called(subject.label),
        template=FACETS + ("field-chosen" if chosen else "field"),
        params=(key, f"{key}_op"),
        clean=partial(_clean, key, subject),
        describe=partial(_describe, subject),
        contacts=partial(_narrow, holder, subject),
        offered=lambda _choices: offered,
        operators=[Choice(each, _label(each, subject)) for each in operators],
        input_type=_INPUTS.get(Kind(subject.kind), "text"),
        subject=subject,
        record=holder.record,
        group=holder.group,
        order=100 + order,
    )


def find(wanted: Mapping[str, Sequence[int]]) -> list[Filter]:
    """Return the filters on the team's fields with these ids, by prefix. One query."""
    ids = {number for numbers in wanted.values() for number in numbers}
    fields = CustomField.objects.filter(pk__in=ids).order_by("position", "pk")
    rows = list(fields.with_choices())
    return [
        _filter_on(_HOLDERS[row.record], value, order)
        for order, (row, value) in enumerate(zip(rows, values_for(rows), strict=True))
        if row.pk in wanted.get(_HOLDERS[row.record].prefix, ())
    ]


def search(holder: Holder, typed: str) -> list[Choice]:
    """Return the team's fields whose name contains the text, in their order."""
    found = holder.fields.filter(name__icontains=typed.strip())[:OFFERED]
    return [Choice(holder.key(field.pk), field.name) for field in found]


def _family(holder: Holder, *, label: Any, name: Any) -> Family:
    return Family(
        prefix=holder.prefix,
        label=label,
        name=name,
        find=find,
        search=partial(search, holder),
    )


FAMILIES = (
    _family(
        CONTACTS,
        label=gettext_lazy("Add a custom field"),
        name=gettext_lazy("Custom fields"),
    ),
    _family(
        ACCOUNTS,
        label=gettext_lazy("Add a custom field of accounts"),
        name=gettext_lazy("Custom fields of accounts"),
    ),
)
