"""The fields of contacts: how each is called, grouped, read and checked."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from contacts.models import Contact, ContactList, ContactStage
from crm.teams import places
from crm.teams.models import Membership
from layouts.fields import (
    ChoiceField,
    Field,
    LinkField,
    ReferenceField,
    country_choices,
    country_names,
    member_rows,
    owner_choices,
    zone_names,
)
from layouts.kinds.base import CUSTOM, CUSTOM_KEY

CONTACT, EMPLOYMENT, LOCATION, SOCIAL, CRM = (
    "contact",
    "employment",
    "location",
    "social",
    "crm",
)
GROUPS = {
    CONTACT: _("Contact"),
    EMPLOYMENT: _("Employment"),
    LOCATION: _("Location"),
    SOCIAL: _("Social"),
    CRM: _("CRM"),
    CUSTOM: _("Custom fields"),
}
# Labels of values that are rows of their own.
ROW_LABELS = {
    "email": _("E-mail"),
    "phone": _("Phone"),
    "primary-email": _("Primary e-mail"),
    "primary-phone": _("Primary phone"),
}
LINKS = ("linkedin_url", "x_url", "facebook_url", "github_url", "website")
# Keys of addresses: an existing row, or one to add.
ADDRESS = re.compile(r"(email|phone)-(\d{1,18}|new\d?)")
NEW = "new:"  # before the name of an account or a list that is to be created


def of_account(label: Any) -> Any:
    """Return how a field of the account is called among those of the contact, lazily."""
    return format_lazy("{}: {}", _("Account"), label)


@dataclass(frozen=True, kw_only=True)
class AccountField(ReferenceField):
    """The account; its text form may also be "new:" and the name of an account to create."""

    def clean(self, text: str, *, by: Membership) -> str:
        return text if text.startswith(NEW) else super().clean(text, by=by)

    def show(self, text: str) -> str:
        return text.removeprefix(NEW) if text.startswith(NEW) else super().show(text)


@dataclass(frozen=True, kw_only=True)
class ListsField(Field):
    """The lists a contact is in: ids in order, with commas, then "new:" and a name to create."""

    def read(self, record: Contact) -> str:
        entries = record.list_entries.values_list("list_id", flat=True)
        return ",".join(str(pk) for pk in sorted(entries))

    def show(self, text: str) -> str:
        ids, name = split_lists(text)
        lists = ContactList.objects.filter(pk__in=ids).by_name()
        names = [row.name for row in lists] if ids else []
        return ", ".join([*names, name] if name else names)


def split_lists(text: str) -> tuple[set[int], str]:
    """Return the ids and the new name in the text form of lists."""
    ids, _new, name = text.partition(NEW)
    return {
        int(part)
        for part in ids.split(",")
        if part.isascii() and part.isdigit() and len(part) < 19
    }, name


@cache
def contact_fields() -> dict[str, Field]:
    """Return every field of a contact that is no row of its own, in the order they are shown."""
    listed = [
        Field(key="first_name", label=_("First name"), group=CONTACT, max_length=100),
        Field(key="last_name", label=_("Last name"), group=CONTACT, max_length=100),
        Field(key="title", label=_("Title"), group=EMPLOYMENT),
        Field(key="seniority", label=_("Seniority"), group=EMPLOYMENT, max_length=40),
        Field(key="department", label=_("Department"), group=EMPLOYMENT, max_length=80),
        _account_field(),
        Field(key="city", label=_("City"), group=LOCATION, max_length=120),
        Field(key="region", label=_("State or region"), group=LOCATION, max_length=120),
        ChoiceField(
            key="country",
            label=_("Country"),
            group=LOCATION,
            choices=country_choices,
            named=country_names,
        ),
        Field(key="address", label=_("Address"), group=LOCATION, max_length=300),
        ChoiceField(
            key="time_zone",
            label=_("Time zone"),
            group=LOCATION,
            choices=places.time_zone_choices,
            named=zone_names,
        ),
        *_links(),
        *_record_fields(),
    ]
    return {field.key: field for field in listed}


def _account_field() -> Field:
    return AccountField(
        key="account",
        label=_("Account"),
        group=EMPLOYMENT,
        rows=lambda by: Account.objects.for_picker(),
        every=lambda: Account.objects.all(),
        none=_("No account"),
    )


def _links() -> list[Field]:
    sites: list[tuple[str, Any, tuple[str, ...], str]] = [
        ("linkedin_url", _("LinkedIn"), ("linkedin.com",), "linkedin.com/in/name"),
        ("x_url", _("X"), ("x.com", "twitter.com"), "x.com/name"),
        (
            "facebook_url",
            _("Facebook"),
            ("facebook.com", "fb.com"),
            "facebook.com/name",
        ),
        ("github_url", _("GitHub"), ("github.com",), "github.com/name"),
        ("website", _("Website"), (), "example.com"),
    ]
    return [
        LinkField(key=key, label=label, group=SOCIAL, sites=hosts, example=example)
        for key, label, hosts, example in sites
    ]


def _record_fields() -> list[Field]:
    stages = ContactStage.objects.in_order
    return [
        ReferenceField(
            key="stage",
            label=_("Stage"),
            group=CRM,
            rows=lambda by: stages(),
            every=stages,
            is_required=True,
        ),
        ReferenceField(
            key="owner",
            label=_("Owner"),
            group=CRM,
            rows=owner_choices,
            every=member_rows,
            none=_("Nobody"),
        ),
        ListsField(key="lists", label=_("Lists"), group=CRM),
        Field(
            key="external_id",
            label=_("ID in another system"),
            group=CRM,
            max_length=120,
        ),
    ]


def label_of(key: str) -> str:
    """Return what people call a value, by the key that an edit and a change carry.

    The names of custom fields are the team's and not known here.
    """
    if key.startswith(CUSTOM_KEY):
        return gettext("Custom field")
    if key in contact_fields():
        return str(contact_fields()[key].label)
    if key in ROW_LABELS:
        return str(ROW_LABELS[key])
    return str(ROW_LABELS.get(key.partition("-")[0], key))
