"""What a finished job of an import did, in one line."""

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.jobs.models import Job, JobRow

Outcome = JobRow.Outcome
WRITING = (Outcome.CREATED, Outcome.UPDATED, Outcome.RESTORED)
CHECK_SAMPLES = 1000  # rows of each outcome that a dry run keeps


def of_import(job: Job) -> str:
    """Return how the rows ended: "Import finished. 3 rows: 2 created, 1 skipped"."""
    is_written = any(job.counts.get(outcome) for outcome in WRITING)
    start = _("Import finished.") if is_written else _("Nothing was imported.")
    rows = ngettext("%(shown)s row", "%(shown)s rows", job.done)
    ends = ", ".join(
        _ended(outcome, number)
        for outcome in Outcome.values
        if (number := job.counts.get(outcome))
    )
    counted = rows % {"shown": _shown(job.done)}
    return f"{start} {counted}: {ends}" if ends else start


def of_check(job: Job) -> str:
    said = _(
        "Checked only, nothing is written. Of each outcome at most %s rows stand here."
    )
    return said % _shown(CHECK_SAMPLES)


def _ended(outcome: str, number: int) -> str:
    texts = {
        Outcome.CREATED: ngettext("%s created", "%s created", number),
        Outcome.UPDATED: ngettext("%s updated", "%s updated", number),
        Outcome.RESTORED: ngettext("%s restored", "%s restored", number),
        Outcome.SKIPPED: ngettext("%s skipped", "%s skipped", number),
        Outcome.REFUSED: ngettext("%s refused", "%s refused", number),
    }
    return texts[Outcome(outcome)] % _shown(number)


def _shown(number: int) -> str:
    return number_format(number, force_grouping=True)
