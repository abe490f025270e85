"""What made-up people, companies and conversations are made of (demo/data)."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

DATA = Path(__file__).resolve().parent.parent / "data"


class City(NamedTuple):
    """A place with its zone and the numbers of its phones ("#" is any digit)."""

    name: str
    region: str
    time_zone: str
    phone: str


@dataclass(frozen=True, kw_only=True)
class Country:
    """Where people and companies come from."""

    code: str
    weight: int
    mobile: str
    first_names: list[str]
    last_names: list[str]
    cities: list[City]


class Industry(NamedTuple):
    """What a company does: the last word of its name and how many people it has."""

    name: str
    words: list[str]
    headcount: tuple[int, int]


class Position(NamedTuple):
    title: str
    seniority: str
    department: str


class Line(NamedTuple):
    """One activity of a story; {first}, {company} and {me} stand for names."""

    kind: str
    direction: str
    outcome: str
    subject: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """The words of demo/data, ready to be drawn from."""

    countries: list[Country]  # each as often as it weighs
    stems: list[str]
    middles: list[str]  # between stem and industry; the first companies have none
    industries: list[Industry]
    positions: list[Position]
    surnames: tuple[list[str], list[str], list[str]]  # start, middle and end
    lists: list[str]
    fields: list[dict[str, str]]  # name and kind of custom fields
    files: list[str]
    stories: list[list[Line]]


@cache
def material() -> Material:
    companies = _read("companies.json")
    return Material(
        countries=[
            country
            for country in map(_country, _read("countries.json"))
            for _ in range(country.weight)
        ],
        stems=companies["stems"],
        middles=[word for word in companies["middles"] if word],
        industries=[
            Industry(entry["name"], entry["words"], tuple(entry["headcount"]))
            for entry in companies["industries"]
        ],
        positions=[
            Position(title, entry["seniority"], entry["department"])
            for entry in companies["titles"]
            for title in entry["titles"]
        ],
        surnames=tuple(companies["surnames"].values()),
        lists=companies["lists"],
        fields=companies["fields"],
        files=companies["files"],
        stories=[[Line(*line) for line in story] for story in _read("stories.json")],
    )


def _read(name: str) -> Any:
    return json.loads((DATA / name).read_text("utf-8"))


def _country(entry: dict[str, Any]) -> Country:
    return Country(**{**entry, "cities": [City(*city) for city in entry["cities"]]})
