"""Folding of text for searching and sorting: one function, so that stored text and queries agree."""

import re
import unicodedata

# Letters that canonical decomposition leaves alone, written the way people type them.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
    }
)
_SPACE = re.compile(r"\s+")


def fold(text: str) -> str:
    """Return the text in lower case, without accents, with single spaces: "Łukasz  ÅBERG" -> "lukasz aberg"."""
    if text.isascii():
        return " ".join(text.lower().split())
    # Twice: letters of mathematical alphabets have no case before they are decomposed.
    decomposed = unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKD", text).casefold()
    )
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACE.sub(" ", plain.translate(_LETTERS)).strip()


def digits(text: str) -> str:
    """Return only the ASCII digits of the text."""
    return "".join(c for c in text if c in "0123456789")
