"""The columns of the list of people: what a contact has, what its account has, custom fields."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Subquery
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy

from accounts.models import Account, Organization
from contacts.models import Contact, ContactEmail
from contacts.queries.countries import country_name
from contacts.queries.filters import Filter, Scope
from layouts.kinds.base import CustomValue
from layouts.models import CustomField

_PLAIN = "text-muted max-w-48 truncate"
_NUMBER = "tabular-nums"


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the table."""

    key: str
    label: Any  # lazy translation
    contact_sort: str = ""  # the field of Contact that sorts it; an index serves it
    contact_group: str = ""  # the reference by whose rows it is sorted before that
    person_sort: str = ""  # the same of Person
    descends_first: bool = False
    in_net_new: bool = False
    css: str = _PLAIN
    # What is read for it where the row has no attribute of that name, and how that is shown.
    of_contact: Any = None
    of_person: Any = None
    show: Callable[[Any], Any] = str
    custom: CustomValue | None = None  # the custom field whose values it shows
    record: str = ""  # whose field that is

    @property
    def is_of_account(self) -> bool:
        """Whether it shows a custom field of the contact's account."""
        return self.record == CustomField.Record.ACCOUNT

    @property
    def value_name(self) -> str:
        """The name under which a query reads its value."""
        return f"value_{self.key}"


def _of_account(field: str) -> Subquery:
    # A subquery rather than a join: it is read for the rows of the page, not for all that are sorted.
    return Subquery(Account.objects.filter(pk=OuterRef("account_id")).values(field))


def _of_company(field: str) -> Subquery:
    companies = Organization.objects.filter(pk=OuterRef("organization_id"))
    return Subquery(companies.values(field))


def _number(value: int) -> str:
    return str(number_format(value, force_grouping=True))


def _zone(value: str) -> str:
    return value.replace("_", " ")


def _email_status(value: str) -> str:
    return str(dict(ContactEmail.Status.choices).get(value, value))


def _text(
    key: str, *, label: Any = None, of_person: bool = True, **more: Any
) -> Column:
    """Return the column of a text that contacts have, and mostly persons too."""
    return Column(
        key=key,
        label=label or getattr(Contact._meta.get_field(key), "verbose_name", key),
        of_contact=F(key),
        of_person=F(key) if of_person else None,
        in_net_new=of_person,
        **more,
    )


def _company(key: str, label: Any, field: str, **more: Any) -> Column:
    """Return the column of what an account and a company of the directory have."""
    return Column(
        key=key,
        label=label,
        of_contact=_of_account(field),
        of_person=_of_company(field),
        in_net_new=True,
        **more,
    )


def _primary_status() -> Subquery:
    primary = ContactEmail.objects.filter(
        contact=OuterRef("pk"), email=OuterRef("primary_email")
    )
    return Subquery(primary.values("status")[:1])


NAME = Column(
    key="name",
    label=gettext_lazy("Name"),
    contact_sort="name_sort",
    person_sort="name_sort",
    in_net_new=True,
)
_ALL = [
    NAME,
    Column(
        key="title",
        label=gettext_lazy("Title"),
        contact_sort="title_sort",
        person_sort="title_sort",
        in_net_new=True,
        css="text-muted max-w-44 truncate",
    ),
    Column(
        key="account",
        label=gettext_lazy("Account"),
        contact_sort="account_sort",
        person_sort="company_sort",
        in_net_new=True,
        css="max-w-52",
    ),
    Column(
        key="stage",
        label=gettext_lazy("Stage"),
        contact_sort="name_sort",
        contact_group="stage",
        css="",
    ),
    Column(
        key="activity",
        label=gettext_lazy("Last activity"),
        contact_sort="activity_key",
        descends_first=True,
        css=_NUMBER,
    ),
    Column(
        key="email",
        label=gettext_lazy("E-mail"),
        in_net_new=True,
        css="text-muted max-w-56 truncate",
    ),
    Column(
        key="email_status",
        label=gettext_lazy("E-mail status"),
        of_contact=_primary_status(),
        show=_email_status,
    ),
    Column(key="phone", label=gettext_lazy("Phone"), in_net_new=True, css=_NUMBER),
    Column(
        key="location",
        label=gettext_lazy("Location"),
        in_net_new=True,
        css="max-w-48 truncate",
    ),
    Column(
        key="created",
        label=gettext_lazy("Created"),
        contact_sort="created_at",
        descends_first=True,
        css=_NUMBER,
    ),
    Column(key="source", label=gettext_lazy("Source")),
    Column(key="lists", label=gettext_lazy("Lists"), css="max-w-56 truncate"),
    Column(
        key="owner",
        label=gettext_lazy("Owner"),
        contact_sort="name_sort",
        contact_group="owner",
        css="",
    ),
    _text("seniority"),
    _text("department"),
    _text("city"),
    _text("region"),
    _text("country", show=country_name),
    _text("address", of_person=False),
    _text("time_zone", show=_zone),
    _text("external_id", of_person=False),
    _text("linkedin_url"),
    _text("x_url", of_person=False),
    _text("facebook_url", of_person=False),
    _text("github_url", of_person=False),
    _text("website", of_person=False),
    _text("source_detail", label=gettext_lazy("Import file"), of_person=False),
    _company("industry", gettext_lazy("Industry"), "industry"),
    _company(
        "headcount", gettext_lazy("Headcount"), "headcount", css=_NUMBER, show=_number
    ),
    _company("domain", gettext_lazy("Company domain"), "domain"),
    _company("company_website", gettext_lazy("Company website"), "website"),
    _company("company_city", gettext_lazy("Company city"), "city"),
    _company(
        "company_country", gettext_lazy("Company country"), "country", show=country_name
    ),
    Column(
        key="account_stage",
        label=gettext_lazy("Account stage"),
        of_contact=_of_account("stage__name"),
    ),
    Column(
        key="account_owner",
        label=gettext_lazy("Account owner"),
        of_contact=_of_account("owner__user__name"),
    ),
]
COLUMNS = {column.key: column for column in _ALL}
_SHOWN = ("title", "account", "stage", "activity", "owner")
DEFAULT_COLUMNS = {
    Scope.SAVED: _SHOWN,
    Scope.TOTAL: _SHOWN,
    Scope.NET_NEW: ("title", "account", "email", "location"),
}


def columns_with(offered: Iterable[Filter]) -> Mapping[str, Column]:
    """Return every column by its key, with those of the custom fields that are filtered by or shown."""
    custom = {
        entry.key: Column(
            key=entry.key,
            label=entry.label,
            css=_PLAIN,
            custom=entry.subject,
            record=entry.record,
        )
        for entry in offered
        if isinstance(entry.subject, CustomValue)
    }
    return COLUMNS | custom


def is_offered(column: Column, scope: Scope) -> bool:
    """Return whether people can choose the column in a scope."""
    return column is not NAME and (column.in_net_new or scope != Scope.NET_NEW)
