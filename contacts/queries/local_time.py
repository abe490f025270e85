"""What time it is where a contact is, as far as that is known (product.md C4)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

# Only the zones of numbers: the geocoder of this library takes 50 MB.
from phonenumbers import timezone as phone_zones


class LocalTime(NamedTuple):
    """The time in a zone, "10:14", and the place the zone is named after."""

    zone: str
    place: str
    clock: str
    is_guess: bool  # nobody set the zone


def local_time(
    *, time_zone: str, phones: Iterable[str], country: str, at: datetime
) -> LocalTime | None:
    """Return the contact's time at the moment `at`, or None where no single zone is known.

    The zone that somebody set wins, then the only zone of a phone number (the primary one first),
    then the only zone of the country.
    """
    known = _zone(time_zone)
    zone = known or _zone_of_phones(phones) or _zone(zone_of_country(country))
    if zone is None:
        return None
    return LocalTime(
        zone=zone.key,
        place=zone.key.rpartition("/")[2].replace("_", " "),
        clock=f"{at.astimezone(zone):%H:%M}",
        is_guess=known is None,
    )


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _zone_of_phones(phones: Iterable[str]) -> ZoneInfo | None:
    found = (_zone(zone_of_phone(number)) for number in phones)
    return next((zone for zone in found if zone), None)


@lru_cache(maxsize=65536)
def zone_of_phone(number: str) -> str:
    """Return the zone of an E.164 number, "" unless it is exactly one."""
    try:
        zones = phone_zones.time_zones_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return ""
    return (
        zones[0] if len(zones) == 1 and zones[0] != phone_zones.UNKNOWN_TIMEZONE else ""
    )


def zone_of_country(country: str) -> str:
    """Return the zone of a country (ISO 3166-1 alpha-2), "" unless it has exactly one."""
    zones = _zones_by_country().get(country.upper(), ())
    return zones[0] if len(zones) == 1 else ""


def countries_in(zones: Collection[str] | None) -> list[str]:
    """Return the countries whose only zone is one of these; None for any zone."""
    return [
        country
        for country, found in _zones_by_country().items()
        if len(found) == 1 and (zones is None or found[0] in zones)
    ]


def all_zones() -> list[str]:
    """Return the names of all zones that a country has, in alphabetical order."""
    return sorted({zone for zones in _zones_by_country().values() for zone in zones})


@cache
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = defaultdict(list)
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8")
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _coordinates, zone = line.split("\t")[:3]
            zones[country].append(zone)
    return {country: tuple(names) for country, names in zones.items()}
