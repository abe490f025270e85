"""A job's progress and what became of each of its rows."""

import itertools
from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from crm.htmx import render_page
from crm.jobs import queries, registry
from crm.jobs.models import PARTIAL, Job, JobRow
from crm.jobs.registry import Kind
from crm.spreadsheets import csv_lines
from crm.tenancy.views import TeamRequest, team_page


@team_page("team.view")
def job_detail(request: TeamRequest, job_id: int) -> HttpResponse:
    job = get_object_or_404(Job.objects.select_related("created_by__user"), pk=job_id)
    kind = registry.kind_of(job)
    has_ledger = kind is None or kind.has_ledger
    is_done = job.is_finished and not job.is_failed
    context = {
        "job": job,
        "label": kind.label if kind else "",
        "summary": kind.summary(job) if kind else "",
        "is_of_file": kind is None or kind.is_of_file,
        "origin": kind and kind.origin(request.team.slug, job.parameters),
        "undo_label": kind.undo_label if kind else "",
        "undo_url": kind.undo(request.team.slug, job) if kind else "",
        "offer": kind.offer(request.member, job) if kind and is_done else None,
        "has_ledger": has_ledger,
        **(_ledger(request, job, kind) if job.is_finished and has_ledger else {}),
    }
    return render_page(request, "jobs/job_detail.html", context, partials={"job-body"})


@team_page("team.view")
def job_ledger(request: TeamRequest, job_id: int) -> HttpResponse:
    job = get_object_or_404(Job, pk=job_id)
    kind = registry.kind_of(job)
    number = _("Row in the file") if kind is None or kind.is_of_file else _("Number")
    headings = (number, _("Outcome"), _("Name"), _("Reason"))
    response = StreamingHttpResponse(
        csv_lines(itertools.chain([headings], queries.whole_ledger(job))),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="rows-{job.pk}.csv"'
    return response


def _ledger(request: TeamRequest, job: Job, kind: Kind | None) -> dict[str, Any]:
    """Return what shows the rows of a finished job; the start of the list for a page nobody offers."""
    outcome, cursor = request.GET.get("outcome", ""), request.GET.get("cursor", "")
    problem = ""
    if outcome not in ("", PARTIAL, *JobRow.Outcome.values):
        outcome, cursor = "", ""
        problem = _("Rows do not end in that way. These are all of them.")
    try:
        page = queries.ledger_page(job, outcome=outcome, cursor=cursor)
    except ValueError:  # BadCursor, or a cursor of a list that is sorted by text
        page = queries.ledger_page(job, outcome=outcome, cursor="")
        problem = _("There is no such page. This is the first one.")
    return {
        "tallies": [
            tally
            for tally in queries.tallies(job)
            if tally.count or tally.outcome in ("", outcome)
        ],
        "outcome": outcome,
        "problem": problem,
        "page": page,
        "rows": _with_urls(request, kind, page.rows),
        "query": {"outcome": outcome} if outcome else {},
    }


def _with_urls(
    request: TeamRequest, kind: Kind | None, rows: Sequence[JobRow]
) -> list[tuple[JobRow, str]]:
    """Return each row with the page of its record, "" where there is none any more."""
    ids = [row.record_id for row in rows if row.record_id is not None]
    found = set(kind.still_there(ids)) if kind and ids else ()
    return [
        (
            row,
            kind.record_url(request.team.slug, row.record_id)
            if kind and row.record_id in found
            else "",
        )
        for row in rows
    ]
