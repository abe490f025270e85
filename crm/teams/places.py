"""Countries and time zones to choose from, with names in the reader's language."""

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language, to_locale
from django.utils.translation.trans_real import parse_accept_lang_header

Choices = list[tuple[str, str]]

DEFAULT_COUNTRY = "US"
# The other zones of the database are old names of these.
REGIONS = {
    "Africa",
    "America",
    "Antarctica",
    "Arctic",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
}


@cache
def time_zone_choices() -> Choices:
    """Return every zone that is named after a place, and UTC."""
    names = sorted(
        name
        for name in zoneinfo.available_timezones()
        if name.partition("/")[0] in REGIONS and "/" in name
    )
    return [("UTC", "UTC"), *((name, name.replace("_", " ")) for name in names)]


def country_choices() -> Choices:
    """Return the countries whose phone numbers we can read, by name: ("DE", "Germany (+49)")."""
    return _country_choices(get_language() or "en")


@cache
def _country_choices(language: str) -> Choices:
    try:
        names = Locale.parse(to_locale(language)).territories
    except (UnknownLocaleError, ValueError):
        names = Locale.parse("en").territories
    choices = [
        (
            code,
            f"{names.get(code, code)} (+{phonenumbers.country_code_for_region(code)})",
        )
        for code in phonenumbers.SUPPORTED_REGIONS
    ]
    return sorted(choices, key=lambda choice: choice[1])


def likely_country(accept_language: str) -> str:
    """Return the country that a browser's languages speak of: "DE" for "de-DE, en;q=0.8"."""
    for language, _quality in parse_accept_lang_header(accept_language.lower()):
        region = language.rpartition("-")[2].upper()
        if "-" in language and region in phonenumbers.SUPPORTED_REGIONS:
            return region
    return DEFAULT_COUNTRY


def zone(name: str) -> ZoneInfo | None:
    """Return the time zone of that name, None for no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None
