"""One value of a file in the form in which it is kept, judged by the same validators as forms."""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from accounts.queries import account_fields, normalize_domain
from contacts.queries import countries
from contacts.queries.fields import contact_fields
from crm.addresses import parse_phone
from crm.conflicts import Refused
from crm.spreadsheets import plain_cell
from crm.text import fold
from layouts.kinds.base import VALUE_COLUMNS, CustomValue
from layouts.models import CustomField

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u200b]")
_HANDLE = re.compile(r"@?[A-Za-z0-9._-]{1,100}")
# What ends like that is an address, not an account name; those of Facebook may have dots, but no such end.
_HOST = re.compile(r"\.[a-z]{2,}$")
_HOST_OF = {"facebook_url": re.compile(r"\.(?:com|net|org|me)$")}
# Where a bare account name of a service leads to.
_PROFILES = {
    "linkedin_url": "https://www.linkedin.com/in/",
    "x_url": "https://x.com/",
    "facebook_url": "https://www.facebook.com/",
    "github_url": "https://github.com/",
}
_DATE_FORMATS = (
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y%m%d",
)
_MONTH_FIRST = ("US", "PH", "BZ", "FM")
_CACHED = 16_384
# What a sign of a currency most often means.
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "US$": "USD", "$": "USD", "₹": "INR"}
_CLOCK = re.compile(
    r"(?P<day>.+?)[ ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::\d{2})?\s*(?P<half>[ap]\.?m\.?)?",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return the text without what spreadsheets and terminals add to it."""
    text = plain_cell(text)
    if text.isprintable():
        return text.strip()
    return _CONTROL.sub(" ", text.replace("\u00a0", " ")).strip()


@lru_cache(maxsize=_CACHED)
def one_line(text: str) -> str:
    """Return the text with every run of white space as one space."""
    return " ".join(text.split())


@lru_cache(maxsize=_CACHED)
def clean_column(column: str, text: str) -> str:
    """Return the value to keep in a column of a contact; raise Refused for what is none."""
    text = one_line(text)
    field = contact_fields()[column]
    if column == "country":
        return country_code(text)
    if profile := _PROFILES.get(column):
        is_host = _HOST_OF.get(column, _HOST).search(text)
        is_handle = _HANDLE.fullmatch(text) and not is_host
        text = profile + text.lstrip("@") if is_handle else text
    # The author only matters for references, and none of these columns is one.
    return field.clean(text, by=None)  # type: ignore[arg-type]


@lru_cache(maxsize=_CACHED)
def clean_of_account(column: str, text: str, country: str) -> Any:
    """Return the value to keep in a column of an account; raise Refused or BadPhone."""
    text = one_line(text)
    if column == "country":
        return country_code(text)
    if column == "phone":
        number, _extension = parse_phone(text, country=country)
        return number
    clean = account_fields()[column].clean(text, by=None)  # type: ignore[arg-type]
    if column != "headcount":
        return clean
    if not clean:  # signs between digits, without any digit
        raise Refused(_("Enter a whole number."))
    return int(clean)


def country_code(text: str) -> str:
    """Return the ISO 3166-1 code of a country given by code or name; raise Refused."""
    code = _country_codes().get(fold(text).replace(".", ""))
    if code is None:
        raise Refused(_("“%s” is not a country we know") % text[:80])
    return code


@lru_cache(maxsize=1)
def _country_codes() -> dict[str, str]:
    named = countries.names("en")
    codes = {fold(name): code for code, name in named.items()}
    codes |= {code.lower(): code for code in named}
    aliases = {
        "US": ("usa", "united states of america", "america", "u s a"),
        "GB": ("uk", "great britain", "england", "scotland", "wales"),
        "AE": ("uae",),
        "CZ": ("czech republic",),
        "TR": ("turkey",),
        "RU": ("russian federation",),
        "KR": ("korea", "republic of korea"),
        "DE": ("deutschland",),
    }
    return codes | {name: code for code, names in aliases.items() for name in names}


@lru_cache(maxsize=_CACHED)
def domain_of(text: str) -> str:
    """Return the domain of a company's web address; "" for what holds none."""
    return normalize_domain(text)


def split_name(text: str) -> tuple[str, str]:
    """Return first and last name of "Ada Lovelace", "Lovelace, Ada" or "Ludwig van Beethoven"."""
    last, comma, first = text.partition(",")
    if comma and first.strip() and "," not in first and len(first.strip()) > 3:
        return first.strip(), last.strip()
    words = text.split()
    if len(words) < 2:
        return text, ""
    start = len(words) - 1
    while start > 1 and words[start - 1].islower():
        start -= 1
    return " ".join(words[:start]), " ".join(words[start:])


def number_text(text: str) -> str:
    """Return "1234.5" for "1,234.50", "1.234,50" or "$ 1,234.5"; raise ValueError."""
    return str(float(decimal_text(text)))


def decimal_text(text: str) -> str:
    """Return the digits of such a text as they stand, for decimals that no float may touch."""
    bare = re.sub(r"[\s\u00a0\u202f'$€£%]", "", text)
    if not re.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?", bare):
        raise ValueError(text)
    comma, dot = bare.rfind(","), bare.rfind(".")
    if comma > dot and (dot >= 0 or not re.search(r"\d,\d{3}(?:,\d{3})*$", bare)):
        bare = bare.replace(".", "").replace(",", ".")
    else:
        bare = bare.replace(",", "")
    float(bare)
    return bare


def date_text(text: str, *, country: str) -> str:
    """Return the date in ISO 8601; raise ValueError. "3/4/2025" is read as in the country."""
    if re.match(r"\d{4}-\d{2}-\d{2}(?:$|[T ])", text):
        return date.fromisoformat(text[:10]).isoformat()
    if slashed := re.fullmatch(r"(\d{1,4})/(\d{1,2})/(\d{1,4})(?: .*)?", text):
        return _slashed(*(int(part) for part in slashed.groups()), country).isoformat()
    for known in _DATE_FORMATS:
        try:
            return datetime.strptime(text, known).date().isoformat()
        except ValueError:
            continue
    raise ValueError(text)


def _slashed(one: int, two: int, three: int, country: str) -> date:
    if one > 31:
        return date(one, two, three)
    year = three if three > 99 else 2000 + three
    month, day = (one, two) if country in _MONTH_FIRST else (two, one)
    return date(year, day, month) if month > 12 else date(year, month, day)


def custom_parser(
    value: CustomValue, *, country: str
) -> Callable[[str], tuple[Any, ...]]:
    """Return a function from a text to the columns VALUE_COLUMNS, () for nothing; it raises Refused."""

    @lru_cache(maxsize=_CACHED)
    def parse(text: str) -> tuple[Any, ...]:
        clean = value.parse(_unified(value, text, country), country=country)
        if not clean:
            return ()
        stored = value.stored(clean)
        return tuple(stored[column] for column in VALUE_COLUMNS)

    return parse


def _unified(value: CustomValue, text: str, country: str) -> str:
    """Return a number or a date in the one form that the validator takes, as far as it is one."""
    try:
        match value.kind:
            case CustomField.Kind.NUMBER:
                return number_text(text)
            case CustomField.Kind.CURRENCY:
                return _amount_text(text)
            case CustomField.Kind.DATE:
                return date_text(text, country=country)
            case CustomField.Kind.MOMENT:
                return _moment_text(text, country)
            case CustomField.Kind.TEXT:
                return one_line(text)
    except ValueError:
        return text
    return text


def _amount_text(text: str) -> str:
    """Return "1200.50 EUR" for "€ 1.200,50"; an amount without a sign has no code."""
    code = next((code for sign, code in _SIGNS.items() if sign in text), "")
    if named := re.search(r"(?<![A-Za-z])[A-Za-z]{3}(?![A-Za-z])", text):
        code, text = named[0].upper(), text.replace(named[0], "")
    for sign in _SIGNS:
        text = text.replace(sign, "")
    return f"{decimal_text(text)} {code}".strip()


def _moment_text(text: str, country: str) -> str:
    """Return the moment in ISO 8601; raise ValueError. A day alone is its midnight."""
    if re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text):
        return text
    parts = _CLOCK.fullmatch(text)
    if parts is None:
        return f"{date_text(text, country=country)}T00:00"
    hour, minute = int(parts["hour"]), int(parts["minute"])
    if half := (parts["half"] or "").lower():
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    return f"{date_text(parts['day'], country=country)}T{time(hour, minute)}"


def guess_kind(values: list[str], *, country: str) -> str:
    """Return the kind of custom field that fits all the values; text if in doubt."""
    filled = [value.strip() for value in values if value.strip()]
    if not filled:
        return CustomField.Kind.TEXT
    if all(value.lower().startswith(("http://", "https://")) for value in filled):
        return CustomField.Kind.URL
    if all(_is_date(value, country) for value in filled):
        return CustomField.Kind.DATE
    if all(_is_number(value) for value in filled):
        return CustomField.Kind.NUMBER
    return CustomField.Kind.TEXT


def _is_date(text: str, country: str) -> bool:
    if text.isdigit():
        return False
    try:
        return bool(date_text(text, country=country))
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    """Return whether the text is a quantity: codes with leading zeros or many digits are none."""
    if re.match(r"[+-]?0\d", text) or len(text) > 15 or "(" in text:
        return False
    return bool(re.fullmatch(r"[+-]?\d[\d,]*(?:\.\d+)?", text))
