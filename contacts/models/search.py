"""What people type into a search, as conditions on a `search_text` column.

The column starts with a space and holds folded words, e-mail addresses and the digits of phone
numbers (contacts.services.indexing), under a trigram index. PostgreSQL reads one posting list for
each trigram of a pattern, and long lists for common ones, so only a short, telling part of a long
word goes to the index; the rest is checked on the rows found.
"""

import re
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from crm.text import digits, fold

MAX_LENGTH = 200
MAX_TOKENS = 8
_INDEXED_TOKENS = 2
_WINDOW = 7
_MIN_DIALLED = 4
_MIN_MISTYPED = 3  # shorter words resemble everything
_PHONE_LIKE = re.compile(r"[+(]*[0-9][0-9+().\-/]*")
_TRUNK_ZERO = re.compile(r"\(0\)")
_Rows = TypeVar("_Rows", bound=QuerySet)
_TELLING = {**dict.fromkeys("0123456789", 3), **dict.fromkeys("bfghjkpqvwxyz", 2)}


@dataclass(frozen=True)
class SearchText:
    """A typed text as the fragments that must all be found.

    A text of punctuation alone has no fragment and finds nobody.
    """

    tokens: tuple[str, ...] = ()
    is_given: bool = False

    @classmethod
    def parse(cls, typed: str) -> "SearchText":
        """Return the fragments of a typed text; phone numbers in any format become their digits."""
        words = fold(typed.replace("\x00", "")[:MAX_LENGTH]).split()
        # The index holds letters and digits; a word without any would be looked for in every row.
        told = [w for w in _join_phone_parts(words) if any(map(str.isalnum, w))]
        return cls(tuple(dict.fromkeys(told))[:MAX_TOKENS], is_given=bool(words))

    def __bool__(self) -> bool:
        return self.is_given

    @property
    def email(self) -> str:
        """Return the one complete e-mail address that was typed, or ""."""
        if len(self.tokens) != 1:
            return ""
        local, at, domain = self.tokens[0].partition("@")
        return self.tokens[0] if local and at and "." in domain.strip(".") else ""

    def narrow(self, rows: _Rows) -> _Rows:
        """Return the rows whose `search_text` contains every fragment.

        Fragments of one or two characters match starts of words only.
        """
        if not self.tokens:
            return _nobody(rows)
        indexed = self._indexed()
        for token in self.tokens:
            needle = token if len(token) > 2 else f" {token}"
            part = ""
            if token in indexed:
                part = telling_part(needle)
                rows = rows.filter(search_text__contains=part)
            if part != needle:
                # A function, so that the planner does not read the index for it as well.
                position = StrIndex("search_text", Value(needle))
                rows = rows.filter(GreaterThan(position, 0))
        return rows

    def narrow_to_similar(self, rows: _Rows) -> _Rows:
        """Return the rows with a word similar to every fragment: typing errors are forgiven."""
        if not self.tokens:
            return _nobody(rows)
        for token in self.tokens:
            if len(token) < _MIN_MISTYPED:
                position = StrIndex("search_text", Value(f" {token}"))
                rows = rows.filter(GreaterThan(position, 0))
                continue
            similar = Q(search_text__trigram_word_similar=token)
            for swapped in _swaps(token):
                similar |= Q(search_text__contains=f" {swapped}")
            rows = rows.filter(similar)
        return rows

    def _indexed(self) -> set[str]:
        by_length = sorted(self.tokens, key=len, reverse=True)
        long_ones = [token for token in by_length if len(token) > 2]
        return set((long_ones or by_length[:1])[:_INDEXED_TOKENS])


def _nobody(rows: _Rows) -> _Rows:
    """Return no row, by a condition: none() can be neither explained nor united with others."""
    return rows.filter(pk=0)


def telling_part(needle: str) -> str:
    """Return at most seven characters of the needle: those that few rows are likely to have."""
    if len(needle) <= _WINDOW + 1:
        return needle
    if needle.isdecimal():
        return needle[-_WINDOW:]
    starts = range(len(needle) - _WINDOW + 1)
    weights = [_TELLING.get(char, 1 if char.isalpha() else 0) for char in needle]
    best = max(starts, key=lambda start: sum(weights[start : start + _WINDOW]))
    return needle[best : best + _WINDOW]


def _join_phone_parts(words: list[str]) -> list[str]:
    """Replace each run of phone-like words by its digits: "(202)", "224-3441" -> "2022243441"."""
    tokens: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if _PHONE_LIKE.fullmatch(word):
            run.append(word)
            continue
        if run:
            tokens.append(_phone_digits("".join(run)) or "0")
            run = []
        if word:
            tokens.append(word)
    return tokens


def _phone_digits(typed: str) -> str:
    plain = digits(_TRUNK_ZERO.sub("", typed))
    # Stored numbers are international, without the 0 or 00 that is dialled before them.
    return (plain.lstrip("0") if len(plain) >= _MIN_DIALLED else "") or plain


def _swaps(token: str) -> list[str]:
    """Return the short token with each two neighbours swapped: trigrams do not forgive that."""
    if not 3 <= len(token) <= 6:
        return []
    pairs = range(len(token) - 1)
    swapped = (token[:i] + token[i + 1] + token[i] + token[i + 2 :] for i in pairs)
    return [word for word in dict.fromkeys(swapped) if word != token]
