"""How phone numbers are shown, on every page alike."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


@lru_cache(maxsize=65536)
def format_phone(e164: str) -> str:
    """Return the number as people write it, "+1 202-224-3441"; anything else comes back unchanged."""
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164
    return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
