"""What is kept about an uploaded file: how it is read, what is in it, what its columns probably become."""

from typing import Any

from django.utils.translation import gettext as _

from contacts.models import ContactImport
from contacts.services.importing import cells, files, headings, targets
from contacts.services.importing.files import Inspection
from contacts.services.importing.workbooks import Table
from layouts.models import CustomField


def inspected(table: Table, *, heading_row: int = 0) -> Inspection:
    """Read the table once and say how to read it; raise BadFile if it cannot be imported."""
    return files.inspect(
        table.file,
        encoding=table.encoding,
        delimiter=table.delimiter,
        heading_row=heading_row,
    )


def described(found: Inspection, country: str) -> dict[str, Any]:
    """Return the columns of ContactImport that say it.

    A file with the headings of an earlier one becomes what that one became (product.md I1).
    """
    columns = list(zip(*found.sample, strict=True)) or [()] * len(found.headings)
    named = [
        heading or _("Column %s") % number
        for number, heading in enumerate(found.headings, start=1)
    ]
    samples = [
        [value[:200] for value in column if value.strip()][: files.SHOWN_SAMPLES]
        for column in columns
    ]
    own = list(CustomField.objects.in_order())
    last = ContactImport.objects.last_like(named).first()
    return {
        "sha256": found.sha256,
        "encoding": found.format.encoding,
        "delimiter": found.format.delimiter,
        "heading_row": found.format.heading_row,
        "rows": found.rows,
        "headings": named,
        "samples": samples,
        "kinds": [cells.guess_kind(list(c), country=country) for c in columns],
        "mapping": targets.still_there(last.mapping, own)
        if last
        else headings.guess(named, samples, own),
    }
