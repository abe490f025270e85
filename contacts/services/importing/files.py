"""Reading tables from files of any origin: which encoding, which delimiter, where the headings are.

A file is inspected once, as a whole and in one pass with flat memory; whoever reads it later can
rely on what was found. Nothing here knows what the columns mean.
"""

import codecs
import csv
import hashlib
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext as _

from contacts.services.importing.guessing import (
    encoding_by_mark,
    guess_delimiter,
    guess_heading_row,
)

MAX_ROWS = 1_000_000
MAX_COLUMNS = 200
MAX_CELL = 65_536  # characters
MAX_HEADING = 200
# A value longer than this is no value but the rest of the file behind a lost quotation mark.
MAX_RECORD = 1_000_000
SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 1000
SHOWN_SAMPLES = 4
BLOCK = 1024 * 1024

ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252")

csv.field_size_limit(MAX_RECORD)

# The first bytes of what people upload by mistake.
_FORMATS = {
    b"PK\x03\x04": "other",
    b"\xd0\xcf\x11\xe0": "old workbook",
    b"%PDF": "other",
    b"\x89PNG": "other",
    b"\xff\xd8\xff": "other",
    b"GIF8": "other",
    b"\x1f\x8b": "other",
    b"{\\rtf": "other",
}
_UNDEFINED_IN_CP1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


class BadFile(ValueError):
    """The file cannot be imported; the message says why and what to do."""


@dataclass(frozen=True)
class Format:
    """How to read the file."""

    encoding: str
    delimiter: str
    heading_row: int = 1  # of the records that are not blank, counted from 1

    @property
    def codec(self) -> str:
        return "utf-8-sig" if self.encoding == "utf-8" else self.encoding


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a file holds."""

    format: Format
    sha256: str
    headings: list[str]
    sample: list[list[str]]  # its first rows, each as wide as the headings
    rows: int


def inspect(
    file: IO[bytes], *, encoding: str = "", delimiter: str = "", heading_row: int = 0
) -> Inspection:
    """Read the whole file once and say how to read it; raise BadFile if it cannot be imported.

    What is given is used instead of what would be guessed.
    """
    file.seek(0)
    head = file.read(SAMPLE_BYTES)
    _refuse_foreign(head)
    guessed, sha256 = _scan(file, head)
    encoding = encoding or guessed
    try:
        text = _decode_sample(head, encoding)
        delimiter = delimiter or guess_delimiter(text)
        heading_row = heading_row or guess_heading_row(text, delimiter)
        how = Format(encoding, delimiter, heading_row)
        file.seek(0)
        headings, sample, rows = _read_all(file, how)
    except UnicodeDecodeError:
        raise BadFile(
            _("The file cannot be read as %(encoding)s. Save it again as CSV UTF-8.")
            % {"encoding": encoding.upper()}
        ) from None
    return Inspection(
        format=how, sha256=sha256, headings=headings, sample=sample, rows=rows
    )


def _refuse_foreign(head: bytes) -> None:
    if not head.strip(b"\xef\xbb\xbf\xff\xfe\r\n\t \x00"):
        raise BadFile(_("The file is empty."))
    kind = next(
        (kind for magic, kind in _FORMATS.items() if head.startswith(magic)), ""
    )
    if kind == "old workbook":
        raise BadFile(
            _(
                "This is an Excel workbook of the old format (.xls) or one with a password. "
                "Save it as .xlsx without a password, then upload that file."
            )
        )
    if kind:
        raise BadFile(
            _(
                "This is not a table. Upload a CSV or TSV file or an Excel workbook (.xlsx)."
            )
        )


def _scan(file: IO[bytes], head: bytes) -> tuple[str, str]:
    """Return the encoding and the SHA-256 of the whole file."""
    encoding = encoding_by_mark(head)
    is_utf16 = encoding.startswith("utf-16")
    is_utf8, line, has_gaps = True, 1, False
    decoder = codecs.getincrementaldecoder("utf-8")()
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(BLOCK):
        digest.update(block)
        if is_utf16:
            continue
        if b"\x00" in block:
            raise _null_in(line + block.count(b"\n", 0, block.index(b"\x00")))
        line += block.count(b"\n")
        if is_utf8:
            is_utf8 = _decodes(decoder, block)
        has_gaps = has_gaps or any(byte in block for byte in _UNDEFINED_IN_CP1252)
    if not is_utf16:
        is_utf8 = is_utf8 and _decodes(decoder, b"", final=True)
        encoding = "utf-8" if is_utf8 else "cp1252"
        if not is_utf8 and has_gaps:
            raise BadFile(
                _("The file is in an unknown encoding. Save it again as CSV UTF-8.")
            )
    return encoding, digest.hexdigest()


def _null_in(line: int) -> BadFile:
    return BadFile(
        _(
            "Line %s holds a null byte, so the file is damaged or not text. "
            "Save it again as CSV UTF-8."
        )
        % line
    )


def _decodes(decoder: Any, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _decode_sample(head: bytes, encoding: str) -> str:
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    decoder = codecs.getincrementaldecoder(codec)()
    text = decoder.decode(head, len(head) < SAMPLE_BYTES)
    odd = sum(1 for c in text[:4000] if c < " " and c not in "\t\n\r\f\v\x1a")
    if odd > 0.01 * min(len(text), 4000):
        raise BadFile(
            _(
                "This is not a table. Upload a CSV or TSV file or an Excel workbook (.xlsx)."
            )
        )
    return text


def _read_all(file: IO[bytes], how: Format) -> tuple[list[str], list[list[str]], int]:
    """Return the headings, the first rows and the number of rows."""
    records = _without_blanks(_checked_records(file, how))
    heading = list(itertools.islice(records, how.heading_row - 1, how.heading_row))
    if not heading:
        raise BadFile(_("The file has no row %s for the headings.") % how.heading_row)
    headings = [" ".join(cell.split())[:MAX_HEADING] for cell in heading[0]]
    if len(headings) > MAX_COLUMNS:
        raise BadFile(
            _(
                "The file has %(found)s columns; at most %(limit)s can be imported. "
                "Remove those you do not need."
            )
            % {"found": f"{len(headings):,}", "limit": MAX_COLUMNS}
        )
    sample = list(itertools.islice(records, SAMPLE_ROWS))
    rows = len(sample)
    for _record in records:
        rows += 1
        if rows > MAX_ROWS:
            raise BadFile(
                _("The file has more than %s rows. Split it into several files.")
                % f"{MAX_ROWS:,}"
            )
    if not rows:
        raise BadFile(_("The file has headings but no rows."))
    width = len(headings)
    return headings, [(row + [""] * width)[:width] for row in sample], rows


def _without_blanks(records: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the records that are not blank lines; raise BadFile for a file of little else."""
    blanks = 0
    for record in records:
        if record:
            yield record
            continue
        blanks += 1
        if blanks > MAX_ROWS:
            raise BadFile(
                _("The file has more than %s blank lines. Remove them.")
                % f"{MAX_ROWS:,}"
            )


def _checked_records(file: IO[bytes], how: Format) -> Iterator[list[str]]:
    """Yield the records; raise BadFile for a quotation mark left open and for null characters."""
    text = io.TextIOWrapper(file, encoding=how.codec, newline="")
    pending: list[str] = []  # the lines of the record that is being read

    def lines() -> Iterator[str]:
        for number, line in enumerate(text, 1):
            if "\x00" in line:
                raise _null_in(number)
            pending.append(line)
            yield line

    reader = csv.reader(lines(), delimiter=how.delimiter)
    first_line = 1
    try:
        for record in reader:
            if len(pending) > 1:
                _refuse_open_quote(pending, how.delimiter, first_line)
            yield record
            pending.clear()
            first_line = reader.line_num + 1
    except csv.Error:
        raise _open_quote(first_line) from None
    finally:
        text.detach()


def _refuse_open_quote(lines: list[str], delimiter: str, first_line: int) -> None:
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as exc:
        if "unexpected end" in str(exc):
            raise _open_quote(first_line) from None


def _open_quote(line: int) -> BadFile:
    return BadFile(
        _(
            "A quotation mark that opens in line %s is never closed, so everything behind it "
            "would be one value. Correct that line and upload the file again."
        )
        % f"{line:,}"
    )
