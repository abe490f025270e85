"""The rows of a file under the numbers that a spreadsheet shows."""

import csv
import io
import itertools
from collections.abc import Iterator
from typing import IO

from contacts.services.importing.files import Format

NumberedRow = tuple[int, list[str]]


def numbered_rows(
    file: IO[bytes], how: Format, *, skip: int = 0
) -> Iterator[NumberedRow]:
    """Yield the records below the headings, without the first `skip`, each with its number.

    Blank lines are no records, but they count: in a spreadsheet they are rows, too.
    """
    text = io.TextIOWrapper(file, encoding=how.codec, newline="")
    records = enumerate(csv.reader(text, delimiter=how.delimiter), start=1)
    filled = (numbered for numbered in records if numbered[1])
    try:
        yield from itertools.islice(filled, how.heading_row + skip, None)
    finally:
        text.detach()
