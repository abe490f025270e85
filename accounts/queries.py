"""The fields of accounts, and reads of accounts for pages."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account, AccountFieldValue, AccountStage
from crm.conflicts import Refused
from crm.history.models import Change
from crm.history.registry import Line
from crm.hosts import host_text
from crm.teams.models import Membership
from crm.text import fold
from layouts.fields import (
    ChoiceField,
    Field,
    LinkField,
    NumberField,
    PhoneField,
    ReferenceField,
    RequiredField,
    country_choices,
    country_names,
    member_rows,
    owner_choices,
)
from layouts.kinds.base import CUSTOM, CUSTOM_KEY, CustomValue
from layouts.kinds.recorded import value_lines
from layouts.models import CustomField
from layouts.queries import custom_values

PICKER_SIZE = 20

COMPANY, LOCATION, CRM = "company", "location", "crm"
GROUPS = {
    COMPANY: _("Company"),
    LOCATION: _("Location"),
    CRM: _("CRM"),
    CUSTOM: _("Custom fields"),
}


@cache
def account_fields() -> dict[str, Field]:
    """Return every field of an account by its key, in the order they are shown."""
    stages = AccountStage.objects.in_order
    listed = [
        RequiredField(key="name", label=_("Name"), group=COMPANY, max_length=200),
        DomainField(key="domain", label=_("Domain"), group=COMPANY, max_length=253),
        LinkField(key="website", label=_("Website"), group=COMPANY),
        Field(key="industry", label=_("Industry"), group=COMPANY, max_length=120),
        NumberField(key="headcount", label=_("Headcount"), group=COMPANY),
        PhoneField(key="phone", label=_("Phone"), group=COMPANY),
        Field(key="city", label=_("City"), group=LOCATION, max_length=120),
        Field(key="region", label=_("State or region"), group=LOCATION, max_length=120),
        ChoiceField(
            key="country",
            label=_("Country"),
            group=LOCATION,
            choices=country_choices,
            named=country_names,
        ),
        ReferenceField(
            key="stage",
            label=_("Account stage"),
            group=CRM,
            rows=lambda by: stages(),
            every=stages,
        ),
        ReferenceField(
            key="owner",
            label=_("Account owner"),
            group=CRM,
            rows=owner_choices,
            every=member_rows,
            none=_("Nobody"),
        ),
    ]
    return {field.key: field for field in listed}


def account_values(account: Account) -> list[tuple[CustomValue, str]]:
    """Return the team's own fields of accounts, each with the text form of this account's value."""
    listed = custom_values(CustomField.Record.ACCOUNT)
    rows = {row.field_id: row for row in account.field_values.all()} if listed else {}
    return [(value, value.read_row(rows.get(value.pk))) for value in listed]


def account_field_of(key: str) -> Field | None:
    """Return the field of accounts with this key, the team's own among them."""
    if not key.startswith(CUSTOM_KEY):
        return account_fields().get(key)
    own = custom_values(CustomField.Record.ACCOUNT)
    return next((value for value in own if value.key == key), None)


def text_in(account: Account, field: Field) -> str:
    """Return the text form of what the account has in a field."""
    if isinstance(field, CustomValue):
        rows = account.field_values.filter(field=field.pk)
        return field.read_row(rows.first())
    return field.read(account)


class DomainField(Field):
    """The domain of a company, taken from whatever address somebody pastes."""

    def clean(self, text: str, *, by: Membership) -> str:
        text = super().clean(text, by=by)
        domain = normalize_domain(text)
        if text and not domain:
            raise Refused(gettext("Enter a domain, like example.com."), key=self.key)
        return domain

    def show(self, text: str) -> str:
        return host_text(text)


def normalize_domain(text: str) -> str:
    """Return "example.com" for "https://www.Example.com/about"; "" for what holds no domain."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    host = re.split(r"[/?#:\s]", host, maxsplit=1)[0].rpartition("@")[2]
    host = host.removeprefix("www.").strip(".")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        return ""
    return host if _DOMAIN.fullmatch(host) and len(host) <= 253 else ""


_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}")


def account_page(account_id: int) -> Account | None:
    """Return the account with what its page shows."""
    return (
        Account.objects.select_related("stage", "owner__user")
        .filter(pk=account_id)
        .first()
    )


def find_accounts(text: str) -> list[Account]:
    """Return the accounts to choose from for a typed text, by name; the first ones for none."""
    folded = fold(text.replace("\x00", ""))[:100]
    accounts = Account.objects.for_picker()
    return list((accounts.search(folded) if folded else accounts)[:PICKER_SIZE])


def account_names(account_ids: Collection[int]) -> Mapping[int, str]:
    return dict(Account.objects.filter(pk__in=account_ids).values_list("pk", "name"))


def describe_accounts(changes: Sequence[Change]) -> Mapping[int, Sequence[Line]]:
    """Return the values that each change was about, as people read them: two queries, and those of custom fields."""
    columns = {f.attname: f.name for f in Account._meta.concrete_fields}
    names = {
        "stage": _names(AccountStage.objects.all(), changes, "stage_id"),
        "owner": _names(member_rows(), changes, "owner_id"),
    }
    fields = account_fields()

    def text(key: str, value: Any) -> str:
        if value in (None, ""):
            return ""
        if key in names:
            return names[key].get(value, "…")
        return str(fields[key].show(str(value)))

    values = value_lines(changes, AccountFieldValue)
    return {
        change.pk: [values[change.pk]]
        if change.pk in values
        else [
            Line(key, str(fields[key].label), text(key, old), text(key, new))
            for column, new in (change.new or {}).items()
            if (key := columns.get(column, "")) in fields
            for old in [(change.old or {}).get(column)]
        ]
        for change in changes
    }


def _names(rows: Any, changes: Sequence[Change], column: str) -> dict[int, str]:
    ids = {
        side[column]
        for change in changes
        for side in (change.old, change.new)
        if side and side.get(column)
    }
    return {row.pk: str(row) for row in rows.filter(pk__in=ids)} if ids else {}
