"""Which account a row's company is: by domain, then by its exact name, else a new one.

What rows say of an account fills what is empty on it; the first row that says it wins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F

from accounts.models import Account, AccountFieldValue, AccountStage
from contacts.queries.export_columns import ACCOUNT_COLUMNS
from contacts.services.importing.rows import Row
from crm.jobs.registry import TryAgain
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf
from crm.text import fold
from layouts.kinds.base import VALUE_COLUMNS

CREATED = [
    "id",
    "name",
    "name_sort",
    "search_text",
    "domain",
    "website",
    *ACCOUNT_COLUMNS,
    "stage",
    "owner",
    "version",
    "created_at",
    "updated_at",
]

_EMPTY: dict[str, Any] = {"headcount": None}  # else ""


@dataclass(slots=True, eq=False)
class Company:
    """An account of the team, or one that is to be created (pk 0)."""

    pk: int
    name: str
    name_sort: str
    domain: str
    website: str = ""
    version: int = 0
    values: dict[str, Any] = field(default_factory=dict)  # of columns, also new ones
    is_filled: bool = False  # with something that is to be written
    custom: set[int] = field(default_factory=set)  # fields that have a value
    added_custom: dict[int, tuple[Any, ...]] = field(default_factory=dict)  # field

    def fill(self, row: Row, fields: Mapping[int, int]) -> None:
        """Take what the row says and the company lacks."""
        for column, value in row.account.items():
            if self.values.get(column) in (None, ""):
                self.values[column] = value
                self.is_filled = True
        for place, stored in row.account_custom.items():
            if fields[place] not in self.custom:
                self.custom.add(fields[place])
                self.added_custom[fields[place]] = stored
                self.is_filled = True


class Companies:
    """The companies that some rows name.

    `columns` of accounts and custom `fields`, by their places in the mapping, are what rows may fill.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        *,
        columns: Sequence[str] = (),
        fields: Mapping[int, int] | None = None,
    ) -> None:
        self._fields = fields or {}
        self._by_domain: dict[str, Company] = {}
        self._by_name: dict[str, list[Company]] = {}
        named = [row for row in rows if row.company or row.domain]
        domains = {row.domain for row in named if row.domain}
        names = {fold(row.company)[:200] for row in named if row.company}
        accounts = Account.objects.values_list(
            "pk", "name", "name_sort", "domain", "website", "version", *columns
        )
        for found in (
            accounts.filter(AnyOf(F("domain"), domains)).exclude(domain="")
            if domains
            else ()
        ):
            self._add(_stored(found, columns))
        for found in (
            accounts.filter(AnyOf(F("name_sort"), names)).order_by("pk")
            if names
            else ()
        ):
            if not found[3] or found[3] not in self._by_domain:
                self._add(_stored(found, columns))
        self._find_custom()

    def of(self, row: Row) -> Company | None:
        """Return the row's company, filled with what the row says; the same for rows that name the same."""
        company = self._named(row)
        if company is not None and (row.account or row.account_custom):
            company.fill(row, self._fields)
        return company

    def filled(self) -> list[Company]:
        """Return those that are there already and get something."""
        known = (company for same in self._by_name.values() for company in same)
        return [company for company in known if company.pk and company.is_filled]

    def _find_custom(self) -> None:
        known = {c.pk: c for same in self._by_name.values() for c in same}
        if not (self._fields and known):
            return
        stored = AccountFieldValue.objects.filter(AnyOf(F("account_id"), known))
        there = stored.filter(field__in=list(self._fields.values()))
        for pk, field_id in there.values_list("account_id", "field_id"):
            known[pk].custom.add(field_id)

    def _named(self, row: Row) -> Company | None:
        if not row.company and not row.domain:
            return None
        if row.domain and (known := self._by_domain.get(row.domain)):
            return known
        name_sort = fold(row.company)[:200]
        for known in self._by_name.get(name_sort, ()) if name_sort else ():
            # Two domains are two companies, even if they share a name.
            if not row.domain or not known.domain:
                return known
        name = row.company or row.domain
        new = Company(0, name, fold(name)[:200], row.domain, row.website)
        self._add(new)
        return new

    def _add(self, company: Company) -> None:
        if company.domain:
            self._by_domain[company.domain] = company
        self._by_name.setdefault(company.name_sort, []).append(company)


def _stored(found: Sequence[Any], columns: Sequence[str]) -> Company:
    pk, name, name_sort, domain, website, version, *values = found
    return Company(
        pk=pk,
        name=name,
        name_sort=name_sort,
        domain=domain,
        website=website,
        version=version,
        values=dict(zip(columns, values, strict=True)),
    )


def fill_companies(
    companies: Sequence[Company], *, columns: Sequence[str], at: datetime
) -> None:
    """Write what is new of accounts that are there; raise TryAgain if one was changed meanwhile."""
    if not companies:
        return
    rows = (
        (c.pk, c.version, *(c.values[column] for column in columns), at)
        for c in companies
    )
    changed = bulk.update_rows(Account, [*columns, "updated_at"], rows)
    if changed < len(companies):
        raise TryAgain
    _add_custom(companies)


def _add_custom(companies: Sequence[Company]) -> None:
    bulk.copy_rows(
        AccountFieldValue,
        ["account", "field", *VALUE_COLUMNS],
        (
            (company.pk, field_id, *stored)
            for company in companies
            for field_id, stored in company.added_custom.items()
        ),
    )


def create_companies(
    new: Sequence[Company], *, by_id: int | None, at: datetime
) -> None:
    """Create the accounts that are not there yet, in the first stage, and set their pk."""
    new = [company for company in new if not company.pk]
    if not new:
        return
    stage = AccountStage.objects.in_order().values_list("pk", flat=True).first()
    pks = bulk.reserve_ids(Account, len(new))
    for company, pk in zip(new, pks, strict=True):
        company.pk = pk
    bulk.copy_rows(
        Account,
        CREATED,
        (
            (
                company.pk,
                company.name,
                company.name_sort,
                f" {company.name_sort} {company.domain}",
                company.domain,
                company.website,
                *(company.values.get(c, _EMPTY.get(c, "")) for c in ACCOUNT_COLUMNS),
                stage,
                by_id,
                1,
                at,
                at,
            )
            for company in new
        ),
    )
    _add_custom(new)
