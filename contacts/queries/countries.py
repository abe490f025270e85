"""Countries by name: people type names, records hold ISO 3166-1 codes."""

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from django.utils.translation import get_language

from crm.text import fold

# What people write that is neither a code nor a name.
_ALIASES = {"UK": "GB", "USA": "US", "UAE": "AE"}
_NO_COUNTRIES = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}


@lru_cache(maxsize=16)
def names(language: str) -> dict[str, str]:
    """Return the names of all countries in a language, by code, in alphabetical order."""
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    countries = {
        code: name
        for code, name in locale.territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return dict(sorted(countries.items(), key=lambda item: fold(item[1])))


def country_name(code: str) -> str:
    """Return the country's name in the language in force; the code itself where there is none."""
    return names(get_language() or "en").get(code, code)


def codes_like(typed: str) -> list[str]:
    """Return the codes of the countries whose code is the text, or whose name contains it."""
    by_code = names(get_language() or "en")
    code = _ALIASES.get(typed.upper(), typed.upper())
    if code in by_code:
        return [code]
    wanted = fold(typed)
    return [code for code, name in by_code.items() if wanted in fold(name)]
