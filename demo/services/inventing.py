"""People and companies that do not exist, always the same ones."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from crm.text import fold
from demo.services.material import City, Country, material

T = TypeVar("T")

# How many people a company has, over and over: 5 on average.
SIZES = (9, 2, 5, 1, 7, 4, 8, 3, 6, 5)
# From here on names of companies repeat, and domains need a number.
_DISTINCT = 60 * 10
_ABROAD = 0.15
_RARE_SURNAME = 0.35


@dataclass(frozen=True, slots=True)
class Company:
    """A company that does not exist."""

    number: int
    name: str
    domain: str
    industry: str
    headcount: int
    phone: str
    country: Country
    city: City


@dataclass(frozen=True, slots=True)
class Someone:
    """A person who does not exist, at a company."""

    first_name: str
    last_name: str
    title: str
    seniority: str
    department: str
    email: str
    landline: str
    mobile: str
    country: Country
    city: City


class Inventor:
    """Draws companies and people; the same seed draws the same ones in the same order."""

    def __init__(self, seed: str, *, rare_surnames: bool = False) -> None:
        self.random = random.Random(seed)
        self.rare_surnames = rare_surnames

    def pick(self, pool: Sequence[T]) -> T:
        return pool[int(self.random.random() * len(pool))]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def number(self, pattern: str) -> str:
        """Return the phone number in E.164 with digits for each "#" of the pattern."""
        free = pattern.count("#")
        digits = f"{int(self.random.random() * 10**free):0{free}d}"
        return pattern.replace(" ", "").replace("#" * free, digits)

    def company(self, number: int) -> Company:
        words = material()
        stem = words.stems[number % len(words.stems)]
        around = number // len(words.stems)
        industry = self.pick(words.industries)
        parts = [stem, self.pick(industry.words)]
        if around:
            parts.insert(1, words.middles[(around - 1) % len(words.middles)])
        slug = "-".join(_letters(part) for part in parts)
        country = self.pick(words.countries)
        city = self.pick(country.cities)
        smallest, biggest = industry.headcount
        size = smallest * (biggest / smallest) ** self.random.random()
        return Company(
            number=number,
            name=" ".join(parts),
            domain=f"{slug}{f'-{number}' if number >= _DISTINCT else ''}.example",
            industry=industry.name,
            headcount=int(size),
            phone=self.number(city.phone),
            country=country,
            city=city,
        )

    def someone(self, company: Company, taken: set[str]) -> Someone:
        """Return a person with an e-mail address that is not `taken`, and take it."""
        abroad = self.chance(_ABROAD)
        country = self.pick(material().countries) if abroad else company.country
        city = self.pick(country.cities) if abroad else company.city
        first, last = self.pick(country.first_names), self._surname(country)
        position = self.pick(material().positions)
        return Someone(
            first_name=first,
            last_name=last,
            title=position.title,
            seniority=position.seniority,
            department=position.department,
            email=_free_address(first, last, company, taken),
            landline=self.number(city.phone),
            mobile=self.number(country.mobile),
            country=country,
            city=city,
        )

    def _surname(self, country: Country) -> str:
        if self.rare_surnames and self.chance(_RARE_SURNAME):
            return "".join(self.pick(part) for part in material().surnames)
        return self.pick(country.last_names)


def _free_address(first: str, last: str, company: Company, taken: set[str]) -> str:
    given, family = _letters(first), _letters(last)
    local = (
        f"{given}.{family}",
        f"{given[0]}.{family}",
        given,
        f"{given}{family}",
    )[company.number % 4]
    address, attempt = f"{local}@{company.domain}", 1
    while address in taken:
        attempt += 1
        address = f"{local}{attempt}@{company.domain}"
    taken.add(address)
    return address


@lru_cache(maxsize=32768)
def _letters(name: str) -> str:
    """Return the letters and digits of a name as they stand in an address."""
    return "".join(c for c in fold(name) if c.isascii() and c.isalnum())
