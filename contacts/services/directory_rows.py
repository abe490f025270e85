"""One row of a directory file, checked cell by cell."""

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django.db.models import Field
from django.utils.translation import gettext as _

from accounts.models import Organization
from accounts.queries import normalize_domain
from contacts.models import Person
from crm.addresses import normalize_email, parse_phone
from layouts.fields import LinkField, normalize_link

PERSON_COLUMNS = (
    "key",
    "first_name",
    "last_name",
    "title",
    "seniority",
    "department",
    "email",
    "phone",
    "linkedin_url",
    "city",
    "region",
    "country",
    "time_zone",
)
ORGANIZATION_COLUMNS = (
    "key",
    "name",
    "domain",
    "website",
    "industry",
    "headcount",
    "phone",
    "linkedin_url",
    "city",
    "region",
    "country",
)
_PREFIX = "organization_"
COLUMNS = (*PERSON_COLUMNS, *(f"{_PREFIX}{name}" for name in ORGANIZATION_COLUMNS))
_BIGGEST_HEADCOUNT = 2**31 - 1

Row = tuple[Sequence[Any], Sequence[Any]]


class BadRow(ValueError):
    """The row cannot be kept; the text says which cell and why."""


class Reader:
    """Turns the cells of a row into the values of a person and of an organization."""

    def __init__(self, headings: Sequence[str]) -> None:
        self.headings = headings
        self.places = {name: place for place, name in enumerate(headings)}

    def read(self, cells: Sequence[str]) -> Row:
        """Return values for PERSON_COLUMNS and ORGANIZATION_COLUMNS; raise BadRow."""
        if len(cells) > len(self.headings):
            raise BadRow(_("The row has more cells than there are columns."))
        values = {
            name: cells[place].strip() if place < len(cells) else ""
            for name, place in self.places.items()
        }
        if not values["key"]:
            raise BadRow(_("The key is empty."))
        person = _clean(values, PERSON_COLUMNS, Person, prefix="")
        organization = _clean(
            values, ORGANIZATION_COLUMNS, Organization, prefix=_PREFIX
        )
        if not organization["key"]:
            organization = dict.fromkeys(ORGANIZATION_COLUMNS, "") | {"headcount": None}
        elif not organization["name"]:
            raise BadRow(_("The organization has a key, but no name."))
        if not (person["first_name"] or person["last_name"] or person["email"]):
            raise BadRow(_("The person has neither a name nor an e-mail address."))
        return tuple(person.values()), tuple(organization.values())


def _clean(
    values: dict[str, str], columns: Sequence[str], model: Any, *, prefix: str
) -> dict[str, Any]:
    cleaned: dict[str, Any] = {}
    country = values.get(f"{prefix}country", "").upper()
    # The country first: without a good one the phone cannot be read, whatever it says.
    for column in sorted(columns, key=lambda name: name != "country"):
        text = values.get(f"{prefix}{column}", "")
        try:
            value = _value(column, text, country)
            _check_text(value, model._meta.get_field(column))
        except (
            ValueError
        ) as problem:  # of which Refused, BadEmail and BadPhone are kinds
            raise BadRow(f"{prefix}{column}: {problem}") from None
        cleaned[column] = value
    return {column: cleaned[column] for column in columns}


def _value(column: str, text: str, country: str) -> Any:
    if not text:
        return None if column == "headcount" else ""
    clean = _CLEANERS.get(column)
    return clean(text, country) if clean else text


def _check_text(value: Any, field: Field) -> None:
    if not isinstance(value, str) or not value:
        return
    if field.max_length and len(value) > field.max_length:
        raise ValueError(_("is longer than %s characters") % field.max_length)
    if not value.isprintable() and any(
        unicodedata.category(c) in ("Cc", "Cs") for c in value
    ):
        raise ValueError(_("contains control characters"))
    if "\ufffd" in value:
        raise ValueError(_("contains unreadable characters"))


def _email(text: str, _country: str) -> str:
    return normalize_email(text)


def _phone(text: str, country: str) -> str:
    return parse_phone(text, country=country).number


def _link(*sites: str) -> Callable[[str, str], str]:
    field = LinkField(key="", label="", sites=sites, example="https://example.com")
    return lambda text, _country: normalize_link(field, text)


def _domain(text: str, _country: str) -> str:
    domain = normalize_domain(text)
    if not domain:
        raise ValueError(_("“%s” is not a domain") % text[:80])
    return domain


def _country(text: str, _country: str) -> str:
    code = text.upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(_("“%s” is not the code of a country") % text[:80])
    return code


@lru_cache(maxsize=1)
def _zones() -> set[str]:
    return available_timezones()


def _time_zone(text: str, _country: str) -> str:
    if text not in _zones():
        raise ValueError(_("“%s” is not a time zone") % text[:80])
    return text


def _headcount(text: str, _country: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10:
        raise ValueError(_("“%s” is not a number of people") % text[:80])
    number = int(text)
    if number > _BIGGEST_HEADCOUNT:
        raise ValueError(_("“%s” is not a number of people") % text[:80])
    return number


_CLEANERS: dict[str, Callable[[str, str], Any]] = {
    "email": _email,
    "phone": _phone,
    "linkedin_url": _link("linkedin.com"),
    "website": _link(),
    "domain": _domain,
    "country": _country,
    "time_zone": _time_zone,
    "headcount": _headcount,
}
