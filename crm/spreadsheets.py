"""Cells of CSV files that people open in spreadsheets: made safe here, and read back here."""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# What a spreadsheet takes for the start of a formula; also in their full-width forms.
_STARTS = frozenset("=+-@\t\r\n")
# Phone numbers stay as people write them: digits behind a plus calculate nothing.
_PHONES = re.compile(
    r"\+\d[\d -]{5,24}(?: ext\. \d{1,12})?(?:; \+\d[\d -]{5,24}(?: ext\. \d{1,12})?)*",
    re.ASCII,
)
MARK = "\ufeff"  # tells Excel that the file is UTF-8


def safe_cell(value: Any) -> str:
    """Return the value as text that no spreadsheet calculates; `plain_cell` takes the quote away."""
    text = "" if value is None else str(value)
    return f"'{text}" if _starts_formula(text) and not _PHONES.fullmatch(text) else text


def plain_cell(text: str) -> str:
    """Return what a cell says without the quote that a safe file puts before it: one and no more."""
    return text[1:] if text[:1] == "'" and _starts_formula(text[1:]) else text


def workbook_cell(text: str) -> str:
    """Return the text for a cell that is never calculated, so that `plain_cell` gives it back."""
    return f"'{text}" if plain_cell(text) != text else text


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file, every value in quotes and safe."""
    yield MARK
    for row in rows:
        yield csv_line(row)


def csv_line(row: Sequence[Any]) -> str:
    """Return one line of a CSV file, every value in quotes and safe."""
    line: str = _writer.writerow([safe_cell(value) for value in row])
    return line


def _starts_formula(text: str) -> bool:
    """Return whether the text is a formula for a spreadsheet, or would be without quotes before it."""
    bare = text.lstrip("'")
    return bool(bare) and unicodedata.normalize("NFKC", bare[0])[:1] in _STARTS


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


_writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
