"""Reading a workbook in a process of its own: `python unpacking.py SOURCE TARGET SHEET`.

Whatever a file does to the library, such as a few kilobytes that unpack to gigabytes or one cell
in the last column of the last row, it can only end this process, which the system holds to its
limits. So this runs without Django and imports nothing of ours. It prints JSON: the names of the
sheets and the one that was written to TARGET as CSV, or which problem there is.
"""

import csv
import datetime
import json
import resource
import sys
import zipfile
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, PasswordError, SheetTypeEnum, load_workbook

MEMORY = 1024**3  # bytes of address space: about 500,000 rows of ten columns
SECONDS = 120  # of computing
WRITTEN = 2 * 1024**3  # bytes of CSV
MIDNIGHT = datetime.time()


def main(source: str, target: str, wanted: str) -> dict[str, Any]:
    """Write the sheet to `target`, the first one with rows if `wanted` names none."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    try:
        with zipfile.ZipFile(source) as archive:
            if "xl/workbook.xml" not in archive.NameToInfo:
                return {"problem": "other"}
        return write_sheet(source, target, wanted)
    except PasswordError:
        return {"problem": "password"}
    except (CalamineError, zipfile.BadZipFile):
        return {"problem": "damaged"}


def write_sheet(source: str, target: str, wanted: str) -> dict[str, Any]:
    """Write the sheet as CSV; return its name and those of all sheets, or what is wrong with it."""
    workbook = load_workbook(source)
    kinds = {sheet.name: sheet.typ for sheet in workbook.sheets_metadata}
    names = [n for n in workbook.sheet_names if kinds[n] == SheetTypeEnum.WorkSheet]
    if not names or (wanted and wanted not in names):
        return {"problem": "no-sheet"}
    for name in [wanted] if wanted else names:
        rows = workbook.get_sheet_by_name(name)
        if rows.end is not None:
            break
    else:
        return {"problem": "empty"}
    with Path(target).open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file).writerow
        for row in rows.iter_rows():
            cells = [text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            write(cells)
    return {"sheets": names, "sheet": name}


def text(value: Any) -> str:
    """Return a cell's value as a person would type it into a CSV file."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        )
    if isinstance(value, datetime.datetime):
        return (
            value.date().isoformat()
            if value.time() == MIDNIGHT
            else value.isoformat(" ", "seconds")
        )
    return str(value)


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201  # the answer to whoever started it
