"""The made-up directory: some 600 people at 120 organizations."""

import csv
import io
from collections.abc import Iterator
from functools import cache

from contacts.services.directory_rows import COLUMNS
from demo.services.inventing import SIZES, Company, Inventor, Someone

ORGANIZATIONS = 120
KEY = "made-up-"  # what the keys of its rows start with


@cache
def staff() -> list[tuple[Company, list[Someone]]]:
    """Return every organization with its people; always the same."""
    inventor = Inventor("directory")
    found = []
    for number in range(ORGANIZATIONS):
        company = inventor.company(number)
        taken: set[str] = set()
        size = SIZES[number % len(SIZES)]
        people = [inventor.someone(company, taken) for _ in range(size)]
        found.append((company, people))
    return found


def person_key(company: Company, place: int) -> str:
    """Return the key of the person at a place in the company's staff."""
    return f"{organization_key(company)}-{place}"


def organization_key(company: Company) -> str:
    return f"{KEY}{company.number:03d}"


def lines() -> Iterator[str]:
    """Return the directory as the lines of a file for `load_directory`."""
    yield _line(COLUMNS)
    for company, people in staff():
        for place, someone in enumerate(people):
            yield _line([*_person(company, place, someone), *_organization(company)])


def _person(company: Company, place: int, someone: Someone) -> list[str]:
    return [
        person_key(company, place),
        someone.first_name,
        someone.last_name,
        someone.title,
        someone.seniority,
        someone.department,
        someone.email,
        someone.landline if place % 3 else someone.mobile,
        profile_url(someone.email),
        someone.city.name,
        someone.city.region,
        someone.country.code,
        someone.city.time_zone,
    ]


def _organization(company: Company) -> list[str]:
    return [
        organization_key(company),
        company.name,
        company.domain,
        f"https://{company.domain}",
        company.industry,
        str(company.headcount),
        company.phone,
        "",
        company.city.name,
        company.city.region,
        company.country.code,
    ]


def profile_url(email: str) -> str:
    """Return a LinkedIn address that nobody has."""
    handle = email.partition(".example")[0].replace("@", "-at-").replace(".", "-")
    return f"https://www.linkedin.com/in/made-up-{handle}"


def _line(cells: list[str] | tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
