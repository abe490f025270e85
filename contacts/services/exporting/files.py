"""Writing the file: row by row to the disk, so that a million of them take no memory."""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

import xlsxwriter
from django.conf import settings
from django.db import transaction

from contacts.models import ContactExport
from contacts.queries.export_columns import ExportColumn, Looks
from crm.spreadsheets import MARK, csv_line, workbook_cell

MAX_CELL = 32_767  # characters that Excel takes
FIRST_YEAR = 1900  # of Excel's calendar
_FORMATS = {Looks.DAY: "yyyy-mm-dd", Looks.MOMENT: "yyyy-mm-dd hh:mm"}


class Table(Protocol):
    """A file that takes rows."""

    def add(self, rows: Iterable[Sequence[str]]) -> None: ...

    def finish(self) -> Path:
        """Complete the file and return where it is; nothing is added afterwards. May be called again."""


class CsvTable:
    """UTF-8 with a mark, lines that end in CRLF, no cell a formula (security.md B10)."""

    def __init__(self, folder: Path, columns: Sequence[ExportColumn]) -> None:
        self.path = folder / "export.csv"
        self.file = self.path.open("w", encoding="utf-8", newline="")
        self.file.write(MARK)
        self.add([[column.heading for column in columns]])

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        self.file.writelines(csv_line(row) for row in rows)

    def finish(self) -> Path:
        self.file.close()
        return self.path


class XlsxTable:
    """One sheet; texts are texts whatever they begin with, numbers and dates are what they are."""

    def __init__(self, folder: Path, columns: Sequence[ExportColumn]) -> None:
        self.path = folder / "export.xlsx"
        options = {"constant_memory": True, "tmpdir": str(folder)}
        self.book = xlsxwriter.Workbook(str(self.path), options)
        self.sheet = self.book.add_worksheet()
        self.formats = {
            looks: self.book.add_format({"num_format": text})
            for looks, text in _FORMATS.items()
        }
        self.looks = [column.looks for column in columns]
        self.number = 0
        bold = self.book.add_format({"bold": True})
        self.sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            self.sheet.write_string(0, place, column.heading, bold)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        for row in rows:
            self.number += 1
            for place, (text, looks) in enumerate(zip(row, self.looks, strict=True)):
                if text:
                    self._write(place, text, looks)

    def finish(self) -> Path:
        if not self.book.fileclosed:
            self.book.close()
        return self.path

    def _write(self, place: int, text: str, looks: Looks) -> None:
        if looks == Looks.NUMBER:
            self.sheet.write_number(self.number, place, float(text))
        elif looks in _FORMATS and int(text[:4]) >= FIRST_YEAR:
            self.sheet.write_datetime(
                self.number, place, _moment(text, looks), self.formats[looks]
            )
        else:
            kept = workbook_cell(text)[:MAX_CELL]
            self.sheet.write_string(self.number, place, kept)


def _moment(text: str, looks: Looks) -> date | datetime:
    if looks == Looks.DAY:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).replace(tzinfo=None)


@contextmanager
def workplace(export: ContactExport) -> Iterator[Path]:
    """Give a folder of the export's own, empty: what a dead worker left in it is gone."""
    folder = folder_of(export)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_workplace(export: ContactExport) -> None:
    """Remove what a dead worker may have left, once the caller's transaction is through."""
    folder = folder_of(export)
    transaction.on_commit(lambda: shutil.rmtree(folder, ignore_errors=True))


def folder_of(export: ContactExport) -> Path:
    """Return where a worker builds the file: named as nothing else, whatever database it belongs to.

    The caller has seen that the export has a key: without one this would be the place of all.
    """
    return Path(settings.VAR_DIR, "exports", Path(export.file_key).name)


def new_table(
    export: ContactExport, folder: Path, columns: Sequence[ExportColumn]
) -> Table:
    """Begin the file of an export."""
    if export.format == ContactExport.Format.XLSX:
        return XlsxTable(folder, columns)
    return CsvTable(folder, columns)
