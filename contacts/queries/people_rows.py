"""The rows of the table of people: plain objects with ready texts, made in one pass."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Account, Organization
from contacts.models import Contact
from contacts.queries.countries import country_name
from contacts.queries.people_columns import Column
from crm.templatetags.ui import hue_of, initials_of

_SOURCES = dict(Contact.Source.choices)


@dataclass(slots=True)
class Row:
    """A contact or a person of the directory as the table shows it: texts only, they print fastest."""

    pk: int
    is_contact: bool
    sort_value: Any
    key: str
    dom_id: str
    name: str
    initials: str
    hue: str
    title: str = ""
    account: str = ""
    account_initial: str = ""
    account_hue: str = ""
    summary: str = ""  # title and account, for the narrow layout
    stage: str = ""  # as a pill
    owner: str = ""  # as an avatar
    activity: str = ""
    created: str = ""
    email: str = ""
    phone: str = ""
    location: str = ""
    source: str = ""
    lists: list[str] = field(default_factory=list)
    contact_pk: int = 0  # 0 for a person who is no contact
    account_pk: int = 0  # of the account, where a column shows its fields
    href: str = ""  # of the contact
    is_news: bool = False  # the first of those just saved
    more: dict[str, Any] = field(default_factory=dict)  # of other columns, by their key
    # Of the columns that are shown, each with its class.
    cells: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def order(self) -> tuple[Any, int]:
        """Return what the merged list of contacts and persons is sorted by."""
        return self.sort_value, self.pk * 2 + (not self.is_contact)


def contact_columns(
    rows: QuerySet, sort_field: str, shown: Sequence[Column]
) -> QuerySet:
    """Return contacts with only what the shown columns need.

    The account's name is a subquery rather than a join: it is read for the rows of the page, not
    for all that are sorted.
    """
    names = {"title": ["title"], "stage": ["stage_id"], "owner": ["owner_id"]}
    names |= {
        "activity": ["last_activity_at"],
        "created": ["created_at"],
        "source": ["source"],
    }
    names |= {"email": ["primary_email"], "phone": ["primary_phone"]}
    names |= {"location": ["city", "region", "country"], "account": ["account_name"]}
    # The narrow layout shows title, account, stage and last activity below the name.
    keys = (column.key for column in shown)
    needed = dict.fromkeys(["title", "account", "stage", "activity", *keys])
    columns = [name for key in needed for name in names.get(key, [])]
    if any(column.is_of_account for column in shown):
        columns.append("account_id")
    account = Account.objects.filter(pk=OuterRef("account_id")).values("name")
    more = {c.value_name: c.of_contact for c in shown if c.of_contact is not None}
    return rows.annotate(
        sort_value=F(sort_field), account_name=Subquery(account), **more
    ).values_list("pk", "sort_value", "name", *columns, *more, named=True)


def person_columns(
    rows: QuerySet, sort_field: str, shown: Sequence[Column]
) -> QuerySet:
    """Return persons of the directory with what a table shows of them."""
    more = {c.value_name: c.of_person for c in shown if c.of_person is not None}
    company = Organization.objects.filter(pk=OuterRef("organization_id")).values("name")
    return rows.annotate(
        sort_value=F(sort_field),
        account_name=Subquery(company),
        primary_email=F("email"),
        primary_phone=F("phone"),
        **more,
    ).values_list(
        "pk", "sort_value", "name", "title", "account_name", "primary_email", "primary_phone",
        "city", "region", "country", *more, named=True,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RowMaker:
    """Turns rows of the database into rows of the table."""

    at: datetime
    stages: Mapping[str, str]  # pills by the key of the stage
    members: Mapping[str, str]  # avatars by the key of the member
    format_phone: Callable[[str], str]
    columns: Sequence[Column] = ()

    def contact(self, raw: Any) -> Row:
        row = self._row(raw, is_contact=True)
        row.contact_pk = row.pk
        row.account_pk = getattr(raw, "account_id", None) or 0
        row.stage = self.stages.get(str(raw.stage_id), "")
        row.activity = self._moment(raw.last_activity_at)
        if owner_id := getattr(raw, "owner_id", None):
            row.owner = self.members.get(str(owner_id)) or _("Former member")
        row.created = self._moment(getattr(raw, "created_at", None))
        source = getattr(raw, "source", "")
        row.source = str(_SOURCES.get(source, source))
        return row

    def person(self, raw: Any) -> Row:
        return self._row(raw, is_contact=False)

    def _row(self, raw: Any, *, is_contact: bool) -> Row:
        name, account = raw.name or _("No name"), raw.account_name or ""
        row = Row(
            pk=raw.pk,
            is_contact=is_contact,
            sort_value=raw.sort_value,
            key=str(raw.pk),
            dom_id=f"contact-{raw.pk}" if is_contact else f"person-{raw.pk}",
            name=name,
            initials=initials_of(name),
            hue=str(hue_of(name)),
            title=raw.title,
            account=account,
            summary=f"{raw.title}, {account}"
            if raw.title and account
            else raw.title or account,
            email=getattr(raw, "primary_email", ""),
        )
        if account:
            row.account_initial, row.account_hue = (
                initials_of(account)[:1],
                str(hue_of(account)),
            )
        if phone := getattr(raw, "primary_phone", ""):
            row.phone = self.format_phone(phone)
        if hasattr(raw, "city"):
            country = country_name(raw.country) if raw.country else ""
            row.location = ", ".join(filter(None, (raw.city, raw.region, country)))
        for column in self.columns:
            if value := getattr(raw, column.value_name, None):
                row.more[column.key] = column.show(value)
        return row

    def _moment(self, moment: datetime | None) -> str:
        if moment is None:
            return ""
        local, today = timezone.localtime(moment), timezone.localtime(self.at).date()
        if local.date() == today:
            return _("Today, %s") % f"{local:%H:%M}"
        return day_text(local.date(), today, get_language() or "")


@lru_cache(maxsize=4096)
def day_text(day: date, today: date, language: str) -> str:
    """Return a day as people say it: "Yesterday", "Thu 19 Nov", "19 Nov 2023"."""
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(day, "D j M" if day.year == today.year else "j M Y")


def merged(contacts: list[Row], people: list[Row], *, descending: bool) -> list[Row]:
    """Return both kinds of rows in the order of the merged list."""
    return sorted([*contacts, *people], key=lambda row: row.order, reverse=descending)
