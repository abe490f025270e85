"""What a column of a file can become."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.queries import account_fields
from contacts.models import ContactEmail, ContactPhone
from contacts.queries.export_columns import ACCOUNT_COLUMNS
from contacts.queries.fields import GROUPS, contact_fields, of_account
from layouts.models import CustomField

SKIP = ""
NAME, COMPANY, DOMAIN = "full_name", "company", "company_domain"
RECORD = "record"  # our own id of a contact, as exports have it
STAGE, OWNER = "stage", "owner"  # by their names
EMAIL, PHONE, CUSTOM, NEW = "email:", "phone:", "custom:", "new:"
# Of the account: one of its columns, one of the team's own fields of accounts
ACCOUNT, ACCOUNT_CUSTOM = "account:", "account-custom:"

# Columns of a contact that a file may fill; everything else belongs to the system.
COLUMNS = (
    "first_name",
    "last_name",
    "title",
    "seniority",
    "department",
    "external_id",
    "city",
    "region",
    "country",
    "address",
    "time_zone",
    "linkedin_url",
    "x_url",
    "facebook_url",
    "github_url",
    "website",
)


# What a column can become that no field of the team takes yet: a picklist needs its options first.
NEW_KINDS = tuple(
    kind
    for kind in CustomField.Kind
    if kind not in (CustomField.Kind.PICKLIST, CustomField.Kind.MULTI_PICKLIST)
)


@dataclass(frozen=True)
class Target:
    """A place that a column's values can go to."""

    key: str  # stored in mappings
    label: Any
    group: str  # key of contacts.queries.fields.GROUPS, or ACCOUNT


@cache
def fixed_targets() -> dict[str, Target]:
    """Return the targets that every team has, in the order they are offered."""
    fields = contact_fields()
    contact = "contact"
    listed = [
        Target(NAME, _("Full name"), contact),
        *(_of_field(key, fields) for key in ("first_name", "last_name")),
        *(
            Target(f"{EMAIL}{kind.value}", _typed(_("E-mail"), kind.label), contact)
            for kind in ContactEmail.Kind
        ),
        *(
            Target(f"{PHONE}{kind.value}", _typed(_("Phone"), kind.label), contact)
            for kind in ContactPhone.Kind
        ),
        Target(COMPANY, _("Company"), "employment"),
        Target(DOMAIN, _("Company website"), "employment"),
        *(_of_field(key, fields) for key in COLUMNS[2:]),
        *(_of_field(key, fields) for key in (STAGE, OWNER)),
        Target(RECORD, _("Rapport ID"), "crm"),
        *(
            Target(f"{ACCOUNT}{key}", of_account(account_fields()[key].label), ACCOUNT)
            for key in ACCOUNT_COLUMNS
        ),
    ]
    listed.sort(key=lambda target: [*GROUPS, ACCOUNT].index(target.group))
    return {target.key: target for target in listed}


def key_of(field: CustomField) -> str:
    """Return the target that fills one of the team's own fields."""
    is_own = field.record == CustomField.Record.CONTACT
    return f"{CUSTOM if is_own else ACCOUNT_CUSTOM}{field.pk}"


def name_of(field: CustomField) -> str:
    """Return what the field is called among all of them."""
    is_own = field.record == CustomField.Record.CONTACT
    return field.name if is_own else str(of_account(field.name))


def _of_field(key: str, fields: Mapping[str, Any]) -> Target:
    return Target(key, fields[key].label, fields[key].group)


def _typed(one: Any, kind: Any) -> Any:
    return format_lazy("{} ({})", one, kind)


def choices(fields: Iterable[CustomField], *, may_create: bool) -> list[Any]:
    """Return the choices of a column's select, in groups."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for target in fixed_targets().values():
        group = GROUPS.get(target.group, _("Account"))
        grouped.setdefault(str(group), []).append((target.key, str(target.label)))
    listed: list[Any] = [(SKIP, gettext("Do not import")), *grouped.items()]
    own = [(key_of(field), name_of(field)) for field in fields]
    if own:
        listed.append((gettext("Custom fields"), own))
    if may_create:
        new = [(f"{NEW}{kind.value}", str(kind.label)) for kind in NEW_KINDS]
        listed.append((gettext("Create custom field"), new))
    return listed


def is_single(key: str) -> bool:
    """Return whether only one column may become this."""
    return bool(key) and not key.startswith((EMAIL, PHONE, NEW))


def still_there(mapping: Iterable[str], fields: Iterable[CustomField]) -> list[str]:
    """Return what an earlier file's columns became, "" where that is no more."""
    known = {*fixed_targets(), *(key_of(field) for field in fields)}
    return [key if key in known else SKIP for key in mapping]
