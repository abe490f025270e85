"""E-mail addresses and phone numbers in the one form in which they are stored and compared.

Imports call these functions for every row, so the usual shapes are recognised by plain patterns
and only the rest pays for the full parsers.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

import phonenumbers
from django.utils.translation import gettext as _
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    REGION_CODE_FOR_NON_GEO_ENTITY,
    NumberParseException,
    PhoneMetadata,
    PhoneNumberFormat,
    ValidationResult,
)

MAX_EMAIL = 254
MAX_LOCAL_PART = 64
MAX_EXTENSION = 12
MAX_PHONE_TEXT = 100

_USUAL_EMAIL = re.compile(
    r"[a-z0-9_%+'-]{1,30}(?:\.[a-z0-9_%+'-]{1,30})?@[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?(?:\.[a-z0-9]{2,30}){1,3}"
)
_FORBIDDEN_IN_EMAIL = frozenset('()<>[]{},;:\\"|`')
_SEPARATORS = str.maketrans("", "", " .-()/\u00a0\u2011\u2013")
_DIGITS = re.compile(r"[0-9]+")


class BadEmail(ValueError):
    """The text is not an e-mail address; the message says why."""


class BadPhone(ValueError):
    """The text is not a phone number in any country."""


class PhoneNumber(NamedTuple):
    """A phone number in E.164 ("+12022243441") and its extension ("" for none)."""

    number: str
    extension: str = ""


def normalize_email(text: str) -> str:
    """Return the address trimmed and in lower case; raise BadEmail for what is none."""
    email = text.strip().lower()
    if _USUAL_EMAIL.fullmatch(email):
        return email
    _check_email(email)
    return email


def parse_phone(text: str, *, country: str) -> PhoneNumber:
    """Return the number, read as one of `country` (ISO 3166-1) when it has no country code.

    Raise BadPhone for text that is not a phone number. Numbers that fit the numbering plan but
    lie in no range known to be in use are accepted: ranges are opened faster than libraries learn.
    """
    text = text.strip()
    number = _usual_number(text, country)
    return PhoneNumber(number) if number else _parse_phone(text, country)


def _check_email(email: str) -> None:
    shown = _shown(email)
    if len(email) > MAX_EMAIL:
        raise BadEmail(
            _("“%(email)s” is longer than %(limit)s characters")
            % {"email": shown, "limit": MAX_EMAIL}
        )
    if any(unicodedata.category(c).startswith("C") for c in email):
        raise BadEmail(_("“%s” contains control characters") % shown)
    if any(c.isspace() for c in email):
        raise BadEmail(_("“%s” contains spaces") % shown)
    if "@" not in email:
        raise BadEmail(_("“%s” is not an e-mail address: it has no @") % shown)
    local, _at, domain = email.rpartition("@")
    if not _is_local_part(local) or not _is_domain(domain):
        raise BadEmail(_("“%s” is not an e-mail address") % shown)


def _is_local_part(local: str) -> bool:
    return (
        0 < len(local) <= MAX_LOCAL_PART
        and "@" not in local
        and not _FORBIDDEN_IN_EMAIL & set(local)
    )


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and all(
        0 < len(label) <= 63
        and label.replace("-", "").isalnum()
        and not label.startswith("-")
        and not label.endswith("-")
        for label in labels
    )


def _usual_number(text: str, country: str) -> str:
    """Return the E.164 form of a number written in a usual way, "" where the full parser must look."""
    digits = text.translate(_SEPARATORS)
    international = digits.startswith("+")
    if international:
        digits = digits[1:]
    if not 7 <= len(digits) <= 15 or not _DIGITS.fullmatch(digits):
        return ""
    if international:
        code, national = _split_country_code(digits)
        plan = _plan_of_code(code)
    else:
        code, national = "", digits
        plan = _plan_of_country(country)
        if plan is not None and national.startswith(plan.prefix or "-"):
            national = national[1:]
            international = True
    if plan is None or national.startswith(plan.prefix or "-"):
        return ""
    if not international and plan.dials_abroad.match(digits):
        return ""
    if len(national) not in plan.lengths or not plan.pattern.fullmatch(national):
        return ""
    return f"+{code or plan.code}{national}"


class _Plan(NamedTuple):
    """What the fast path knows of a country's numbers."""

    code: str
    prefix: str  # dialled inside the country before the number, one digit
    lengths: frozenset[int]
    pattern: re.Pattern[str]
    dials_abroad: re.Pattern[str]


@lru_cache(maxsize=512)
def _plan_of_country(country: str) -> _Plan | None:
    metadata = PhoneMetadata.metadata_for_region(country.upper(), None)
    # Other prefixes carry rewriting rules that only the full parser applies.
    if metadata is None or metadata.national_prefix_for_parsing not in (None, "0", "1"):
        return None
    return _Plan(
        code=str(metadata.country_code),
        prefix=metadata.national_prefix_for_parsing or "",
        lengths=frozenset(metadata.general_desc.possible_length),
        pattern=re.compile(metadata.general_desc.national_number_pattern),
        dials_abroad=re.compile(metadata.international_prefix or "$"),
    )


@lru_cache(maxsize=512)
def _plan_of_code(code: str) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code)) if code else None
    if not regions or regions[0] == REGION_CODE_FOR_NON_GEO_ENTITY:
        return None
    return _plan_of_country(regions[0])


def _split_country_code(digits: str) -> tuple[str, str]:
    for length in () if digits.startswith("0") else (1, 2, 3):
        if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length], digits[length:]
    return "", digits


def _parse_phone(text: str, country: str) -> PhoneNumber:
    try:
        number = phonenumbers.parse(text[: MAX_PHONE_TEXT + 1], country.upper() or None)
    except NumberParseException:
        number = None
    extension = (number.extension or "") if number else ""
    if (
        number is None
        or len(text) > MAX_PHONE_TEXT
        or len(extension) > MAX_EXTENSION
        or not _is_in_plan(number)
    ):
        raise BadPhone(
            _("“%s” is not a phone number in any country") % _shown(text)
        ) from None
    return PhoneNumber(
        phonenumbers.format_number(number, PhoneNumberFormat.E164), extension
    )


def _is_in_plan(number: Any) -> bool:
    if phonenumbers.is_valid_number(number):
        return True
    possible = phonenumbers.is_possible_number_with_reason(number)
    plan = _plan_of_code(str(number.country_code))
    return (
        possible == ValidationResult.IS_POSSIBLE
        and plan is not None
        and plan.pattern.fullmatch(phonenumbers.national_significant_number(number))
        is not None
    )


def _shown(text: str) -> str:
    """Return the text for a message: short, and nothing that a terminal or a database refuses."""
    plain = "".join(c if c.isprintable() else "?" for c in text[:81])
    return plain if len(plain) <= 80 else f"{plain[:79]}…"
