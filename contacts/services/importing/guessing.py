"""What a file of unknown origin is likely to be: its encoding, its delimiter, where its headings are."""

import codecs
import csv
import io
from collections import Counter

DELIMITERS = (",", ";", "\t", "|")
PREAMBLE_ROWS = 15

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def encoding_by_mark(head: bytes) -> str:
    for mark, encoding in _BOMS.items():
        if head.startswith(mark):
            return encoding
    # Latin text in UTF-16 has a null byte in every second place.
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    half = min(len(head), 2000) / 2
    if odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return ""


def _sample_records(text: str, delimiter: str, limit: int) -> list[list[str]]:
    """Return the first records of a text that may break off anywhere."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in filter(None, reader):
            records.append(record)
            if len(records) > limit:
                break
    except csv.Error:
        return records
    # The last one may be cut.
    return records[:limit] if len(records) > limit else records[:-1] or records


def guess_delimiter(text: str) -> str:
    """Return the delimiter that gives the most records the same number of columns, more than one."""
    best, best_score = DELIMITERS[0], (0.0, 0)
    for delimiter in DELIMITERS:
        widths = Counter(len(r) for r in _sample_records(text, delimiter, 50))
        wide = [(count, width) for width, count in widths.items() if width > 1]
        if not wide:
            continue
        count, width = max(wide)
        score = (round(count / widths.total(), 1), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def guess_heading_row(text: str, delimiter: str) -> int:
    """Return the number of the first record that is as wide as most: titles and notes are not."""
    records = _sample_records(text, delimiter, PREAMBLE_ROWS * 4)
    widths = [sum(1 for cell in record if cell.strip()) for record in records]
    wide = Counter(len(record) for record in records if len(record) > 1)
    if not wide:
        return 1
    needed = max(2, wide.most_common(1)[0][0] * 0.6)
    for number, (record, width) in enumerate(zip(records, widths, strict=True), 1):
        if number > PREAMBLE_ROWS:
            break
        if width >= needed and len(record) >= needed:
            return number
    return 1
