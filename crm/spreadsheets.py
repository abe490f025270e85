"""CSV files that people open in spreadsheets."""

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# What a spreadsheet takes for the start of a formula.
_STARTS = frozenset("=+-@\t\r\n")
_MARK = "\ufeff"  # tells Excel that the file is UTF-8


def safe_cell(value: Any) -> str:
    """Return the value as text that no spreadsheet calculates; imports take the quote away again."""
    text = "" if value is None else str(value)
    if text and unicodedata.normalize("NFKC", text[0])[:1] in _STARTS:
        return f"'{text}"
    return text


def csv_lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file, every value in quotes and safe."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield _MARK
    for row in rows:
        yield writer.writerow([safe_cell(value) for value in row])


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line
