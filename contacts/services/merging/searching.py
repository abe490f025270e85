"""The search for duplicates as a job: somebody asks for it, and the clock does every night."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from contacts.queries.duplicates import SEARCH
from contacts.services.merging.duplicates import search_duplicates
from crm.jobs import registry
from crm.jobs.models import Job
from crm.jobs.registry import Chunk, Kind, Step
from crm.jobs.services import create_job
from crm.teams.models import Membership
from crm.tenancy import bulk


@transaction.atomic
def start_search(*, by: Membership | None) -> Job:
    """Return the job that searches the team's contacts: a new one, or the one that is under way."""
    bulk.take_turns("duplicate-search")
    running = Job.objects.unfinished().filter(kind=SEARCH).first()
    if running:
        return running
    title = _("Search for duplicates")
    return create_job(kind=SEARCH, title=title, parameters={}, by=by)


def _start(job: Job) -> Iterator[Step]:
    if not job.position:
        yield lambda: Chunk(position={"found": search_duplicates(by=None)}, done=0)


def _summary(job: Job) -> str:
    number = job.position.get("found", 0)
    text = ngettext("%s possible duplicate", "%s possible duplicates", number)
    return text % number


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        Kind(
            key=SEARCH,
            label=_lazy("Searching for duplicates"),
            permission=lambda _job: "contacts.merge",
            is_of_clock=True,
            start=_start,
            summary=_summary,
            record_url=lambda slug, pk: reverse(
                "contacts:contact_detail", args=[slug, pk]
            ),
            origin=_origin,
        )
    )


def _origin(team_slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    return _("Duplicates"), reverse("contacts:duplicate_list", args=[team_slug])
