"""Which account a row's company is: by domain, then by its exact name, else a new one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from accounts.models import Account, AccountStage
from contacts.services.importing.rows import Row
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf
from crm.text import fold

CREATED = [
    "id",
    "name",
    "name_sort",
    "search_text",
    "domain",
    "website",
    "industry",
    "phone",
    "city",
    "region",
    "country",
    "stage",
    "owner",
    "version",
    "created_at",
    "updated_at",
]


@dataclass(slots=True, eq=False)
class Company:
    """An account of the team, or one that is to be created (pk 0)."""

    pk: int
    name: str
    name_sort: str
    domain: str
    website: str = ""


class Companies:
    """The companies that some rows name."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._by_domain: dict[str, Company] = {}
        self._by_name: dict[str, list[Company]] = {}
        named = [row for row in rows if row.company or row.domain]
        domains = {row.domain for row in named if row.domain}
        names = {fold(row.company)[:200] for row in named if row.company}
        accounts = Account.objects.values_list("pk", "name", "name_sort", "domain")
        for found in (
            accounts.filter(AnyOf(F("domain"), domains)).exclude(domain="")
            if domains
            else ()
        ):
            self._add(Company(*found))
        for found in (
            accounts.filter(AnyOf(F("name_sort"), names)).order_by("pk")
            if names
            else ()
        ):
            if not found[3] or found[3] not in self._by_domain:
                self._add(Company(*found))

    def of(self, row: Row) -> Company | None:
        """Return the row's company; the same for rows that name the same one."""
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
                *[""] * 5,
                stage,
                by_id,
                1,
                at,
                at,
            )
            for company in new
        ),
    )
