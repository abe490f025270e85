"""Excel workbooks: one sheet becomes CSV when the file comes in, and is read like any other from there on."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from contacts.services.importing import unpacking
from contacts.services.importing.files import BadFile

MAX_SECONDS = 180  # that anybody waits for it
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, kw_only=True)
class Table:
    """A file as text; of a workbook one sheet as CSV, which is gone when the block ends."""

    file: IO[bytes]
    sheets: list[str]  # of a workbook; a text file has none
    sheet: str
    encoding: str  # "" where it is to be guessed
    delimiter: str


def may_be_workbook(file: IO[bytes]) -> bool:
    """Return whether the file is an archive, as workbooks are, by what it holds and not by its name.

    Which archive it is shows where it is unpacked: millions of names fit into one.
    """
    file.seek(0)
    return file.read(len(_ZIP)) == _ZIP


@contextmanager
def as_table(file: IO[bytes], *, sheet: str = "") -> Iterator[Table]:
    """Read a workbook's sheet, the first one with rows unless one is named; raise BadFile.

    A file that is no workbook is its own table.
    """
    if not may_be_workbook(file):
        yield Table(file=file, sheets=[], sheet="", encoding="", delimiter="")
        return
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "source.xlsx"), Path(folder, "target.csv")
        file.seek(0)
        with source.open("wb") as copy:
            shutil.copyfileobj(file, copy)
        answer = _unpack(source, target, sheet)
        if problem := answer.get("problem"):
            raise _refusal(problem)
        with target.open("rb") as rows:
            yield Table(
                file=rows,
                sheets=answer["sheets"],
                sheet=answer["sheet"],
                encoding="utf-8",
                delimiter=",",
            )


def _unpack(source: Path, target: Path, sheet: str) -> dict[str, Any]:
    command = [sys.executable, "-I", unpacking.__file__]
    command += [str(source), str(target), sheet]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=MAX_SECONDS, check=True
        )
        answer: dict[str, Any] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return {"problem": "too-much"}
    return answer


def _refusal(problem: str) -> BadFile:
    match problem:
        case "password":
            return BadFile(
                _(
                    "The workbook is protected by a password. Remove it, then upload the file again."
                )
            )
        case "other":
            return BadFile(
                _(
                    "This is not a table. Upload a CSV or TSV file or an Excel workbook (.xlsx)."
                )
            )
        case "empty":
            return BadFile(_("The file is empty."))
        case "no-sheet":
            return BadFile(_("The workbook has no such sheet."))
        case "too-much":
            return BadFile(
                _(
                    "The workbook unpacks to more than can be read. Save the sheet as CSV, then upload that file."
                )
            )
    return _damaged()


def _damaged() -> BadFile:
    return BadFile(
        _(
            "The workbook is damaged. Open it in Excel and save it again, or save it as CSV."
        )
    )
