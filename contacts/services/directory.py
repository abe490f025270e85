"""The directory, loaded from a CSV file for all teams together.

A row is a person with the organization they work for. `key` and `organization_key` are the
supplier's own stable ids: a row replaces what was loaded under the same keys before. The columns
of a person are key, first_name, last_name, title, seniority, department, email, phone, linkedin_url,
city, region, country and time_zone; those of the organization are key, name, domain, website,
industry, headcount, phone, linkedin_url, city, region and country, each with "organization_" in
front. Only `key` must be there. Countries are ISO 3166-1 codes, time zones IANA names.

Rows stream into a staging table and are merged from there, so the size of a file does not matter.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from contacts.models import Person
from contacts.services import indexing
from contacts.services.directory_rows import COLUMNS, BadRow, Reader
from crm.text import fold

_REINDEXED_AT_ONCE = 2000

_CREATE = """
CREATE TEMP TABLE directory_staging ON COMMIT DROP AS
SELECT 0::bigint AS line, p.key, p.first_name, p.last_name, p.title, p.seniority, p.department,
       p.email, p.phone, p.linkedin_url, p.city, p.region, p.country, p.time_zone,
       p.name, p.name_sort, p.title_sort, p.company_sort, p.search_text,
       o.key AS o_key, o.name AS o_name, o.domain AS o_domain, o.website AS o_website,
       o.industry AS o_industry, o.headcount AS o_headcount, o.phone AS o_phone,
       o.linkedin_url AS o_linkedin_url, o.city AS o_city, o.region AS o_region,
       o.country AS o_country
FROM contacts_person p, accounts_organization o
WITH NO DATA
"""

# Organizations whose people carry a name of it that is not the one it gets now.
_FIND_RENAMED = """
CREATE TEMP TABLE directory_renamed ON COMMIT DROP AS
WITH latest AS (
    SELECT DISTINCT ON (o_key) o_key, o_name FROM directory_staging
    WHERE o_key <> '' ORDER BY o_key, line DESC
)
SELECT o_key FROM latest JOIN accounts_organization o ON o.key = o_key WHERE o.name <> o_name
UNION
SELECT o_key FROM latest JOIN directory_staging s USING (o_key) WHERE s.o_name <> latest.o_name
"""

_MERGE_ORGANIZATIONS = """
WITH merged AS (
    INSERT INTO accounts_organization AS old
        (key, name, domain, website, industry, headcount, phone, linkedin_url, city, region,
         country)
    SELECT DISTINCT ON (o_key)
        o_key, o_name, o_domain, o_website, o_industry, o_headcount, o_phone, o_linkedin_url,
        o_city, o_region, o_country
    FROM directory_staging WHERE o_key <> '' ORDER BY o_key, line DESC
    ON CONFLICT (key) DO UPDATE SET
        (name, domain, website, industry, headcount, phone, linkedin_url, city, region, country)
        = (EXCLUDED.name, EXCLUDED.domain, EXCLUDED.website, EXCLUDED.industry,
           EXCLUDED.headcount, EXCLUDED.phone, EXCLUDED.linkedin_url, EXCLUDED.city,
           EXCLUDED.region, EXCLUDED.country)
    WHERE (old.name, old.domain, old.website, old.industry, old.headcount, old.phone,
           old.linkedin_url, old.city, old.region, old.country)
        IS DISTINCT FROM
          (EXCLUDED.name, EXCLUDED.domain, EXCLUDED.website, EXCLUDED.industry,
           EXCLUDED.headcount, EXCLUDED.phone, EXCLUDED.linkedin_url, EXCLUDED.city,
           EXCLUDED.region, EXCLUDED.country)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged
"""

# What is derived needs no comparison: renamed organizations are seen to afterwards.
_MERGE_PERSONS = """
WITH merged AS (
    INSERT INTO contacts_person AS old
        (key, first_name, last_name, title, seniority, department, email, phone, linkedin_url,
         city, region, country, time_zone, name, name_sort, title_sort, company_sort, search_text,
         organization_id)
    SELECT DISTINCT ON (s.key)
        s.key, s.first_name, s.last_name, s.title, s.seniority, s.department, s.email, s.phone,
        s.linkedin_url, s.city, s.region, s.country, s.time_zone, s.name, s.name_sort,
        s.title_sort, s.company_sort, s.search_text, o.id
    FROM directory_staging s LEFT JOIN accounts_organization o ON o.key = s.o_key
    ORDER BY s.key, s.line DESC
    ON CONFLICT (key) DO UPDATE SET
        (first_name, last_name, title, seniority, department, email, phone, linkedin_url, city,
         region, country, time_zone, name, name_sort, title_sort, company_sort, search_text,
         organization_id)
        = (EXCLUDED.first_name, EXCLUDED.last_name, EXCLUDED.title, EXCLUDED.seniority,
           EXCLUDED.department, EXCLUDED.email, EXCLUDED.phone, EXCLUDED.linkedin_url,
           EXCLUDED.city, EXCLUDED.region, EXCLUDED.country, EXCLUDED.time_zone, EXCLUDED.name,
           EXCLUDED.name_sort, EXCLUDED.title_sort, EXCLUDED.company_sort, EXCLUDED.search_text,
           EXCLUDED.organization_id)
    WHERE (old.first_name, old.last_name, old.title, old.seniority, old.department, old.email,
           old.phone, old.linkedin_url, old.city, old.region, old.country, old.time_zone,
           old.organization_id)
        IS DISTINCT FROM
          (EXCLUDED.first_name, EXCLUDED.last_name, EXCLUDED.title, EXCLUDED.seniority,
           EXCLUDED.department, EXCLUDED.email, EXCLUDED.phone, EXCLUDED.linkedin_url,
           EXCLUDED.city, EXCLUDED.region, EXCLUDED.country, EXCLUDED.time_zone,
           EXCLUDED.organization_id)
    RETURNING xmax = 0 AS is_new
)
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM merged
"""


class BadDirectory(Exception):
    """The file as a whole cannot be read; its text says why."""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What became of the rows; rows = created + updated + unchanged + repeated + refused."""

    rows: int
    created: int
    updated: int
    unchanged: int
    repeated: int  # a later row has the same key
    refused: int
    organizations_created: int
    organizations_updated: int


@transaction.atomic
def load_directory(
    lines: Iterable[str], *, refuse: Callable[[int, str], None]
) -> Loaded:
    """Add and replace persons and organizations; `lines` are those of a CSV file.

    `refuse(line, reason)` is told about each row that is left out. Raise BadDirectory, with nothing
    written, for a file whose headings are not the documented ones or that is no CSV.
    """
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.execute(_CREATE)
        staged = _Staged(lines, refuse)
        with cursor.copy("COPY directory_staging FROM STDIN") as copy:
            for row in staged:
                copy.write_row(row)
        cursor.execute("ANALYZE directory_staging")
        cursor.execute(_FIND_RENAMED)
        organizations = _merge(cursor, _MERGE_ORGANIZATIONS)
        people = _merge(cursor, _MERGE_PERSONS)
        cursor.execute("SELECT count(DISTINCT key) FROM directory_staging")
        (keys,) = cursor.fetchone()
        cursor.execute("SELECT o_key FROM directory_renamed")
        renamed = [key for (key,) in cursor.fetchall()]
        cursor.execute("DROP TABLE directory_staging, directory_renamed")
    _reindex(renamed)
    return Loaded(
        rows=staged.kept + staged.refused,
        created=people[0],
        updated=people[1],
        unchanged=keys - sum(people),
        repeated=staged.kept - keys,
        refused=staged.refused,
        organizations_created=organizations[0],
        organizations_updated=organizations[1],
    )


class _Staged:
    """The rows of a file as the staging table takes them."""

    def __init__(
        self, lines: Iterable[str], refuse: Callable[[int, str], None]
    ) -> None:
        self.csv = csv.reader(_without_nul(lines), strict=True)
        self.refuse = refuse
        self.kept = self.refused = 0
        self.headings = self._headings()

    def __iter__(self) -> Iterator[Sequence[Any]]:
        reader = Reader(self.headings)
        for cells in self._records():
            if not any(cells):
                continue
            try:
                person, organization = reader.read(cells)
            except BadRow as bad:
                self.refused += 1
                self.refuse(self.csv.line_num, str(bad))
                continue
            self.kept += 1
            yield (self.kept, *person, *_derived(person, organization), *organization)

    def _headings(self) -> list[str]:
        headings = next(self._records(), [])
        headings = [name.strip().lower() for name in headings]
        unknown = [name for name in headings if name not in COLUMNS]
        if "key" not in headings:
            raise BadDirectory(_("The file has no column “key”."))
        if unknown:
            raise BadDirectory(_("There is no column “%s”.") % unknown[0][:80])
        if len(set(headings)) < len(headings):
            raise BadDirectory(_("A column is there twice."))
        return headings

    def _records(self) -> Iterator[list[str]]:
        try:
            yield from self.csv
        except csv.Error as problem:
            raise BadDirectory(
                _("Line %(line)s is no CSV: %(problem)s")
                % {"line": self.csv.line_num, "problem": problem}
            ) from None
        except UnicodeDecodeError:
            raise BadDirectory(
                _("The text behind line %s is not UTF-8.") % self.csv.line_num
            ) from None


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    # PostgreSQL stores no NUL; the row is refused for the replacement instead.
    return (
        line.replace("\x00", "\ufffd") if "\x00" in line else line for line in lines
    )


def _derived(person: Sequence[Any], organization: Sequence[Any]) -> tuple[str, ...]:
    """Return name, name_sort, title_sort, company_sort and search_text of a staged person."""
    _key, first, last, title, _seniority, _department, email, phone, *_rest = person
    company = organization[1]
    name = indexing.full_name(first, last, fallback=email)
    return (
        name,
        fold(name)[:201],
        fold(title)[:200],
        fold(company)[:200],
        indexing.search_text(
            name=name,
            title=title,
            company=company,
            emails=[email] if email else [],
            phones=[phone] if phone else [],
        ),
    )


def _merge(cursor: Any, statement: str) -> tuple[int, int]:
    """Return how many rows the statement created and updated."""
    cursor.execute(statement)
    created, updated = cursor.fetchone()
    return created, updated


def _reindex(organization_keys: Sequence[str]) -> None:
    """Rewrite what lists and searches use of everybody at organizations that have a new name."""
    people = Person.objects.filter(organization__key__in=organization_keys)
    people = people.select_related("organization").order_by("pk")
    last = 0
    while chunk := list(people.filter(pk__gt=last)[:_REINDEXED_AT_ONCE]):
        for person in chunk:
            company = person.organization.name if person.organization else ""
            person.company_sort = fold(company)[:200]
            person.search_text = indexing.search_text(
                name=person.name,
                title=person.title,
                company=company,
                emails=[person.email] if person.email else [],
                phones=[person.phone] if person.phone else [],
            )
        Person.objects.bulk_update(chunk, ["company_sort", "search_text"])
        last = chunk[-1].pk
