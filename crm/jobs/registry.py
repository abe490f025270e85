"""The kinds of jobs there are: each app registers what its jobs do from AppConfig.ready()."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from crm.jobs.models import Job, JobRow
from crm.teams.models import Membership


class JobFailed(Exception):
    """The job cannot go on; the message is for the people who wait for it."""


class TryAgain(Exception):
    """Somebody else changed the rows a chunk was about to write; nothing of it is kept."""


class LedgerRow(NamedTuple):
    """What became of one row of the input (see crm.jobs.models.JobRow)."""

    number: int
    outcome: str
    reason: str = ""
    record_id: int | None = None
    label: str = ""
    is_partial: bool = False


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """What a step did. It is written in the step's own transaction."""

    position: dict[str, Any]  # where the next one starts
    done: int  # rows of the input that it finished
    counts: Counter[str] = field(default_factory=Counter)  # outcome or PARTIAL -> rows
    rows: Sequence[LedgerRow] = ()


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What the page of a finished job offers beside its result, such as a file to download."""

    note: str = ""
    label: str = ""
    icon: str = ""
    url: str = ""  # "" where there is only something to say


# Does the database work of one chunk, inside a transaction that the runner opened. It may be
# called again after a conflict, so it keeps nothing in Python unless it succeeds.
Step = Callable[[], Chunk]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of job. `start` yields one step after the other from the job's position on."""

    key: str  # stored with every job: never renamed
    label: Any  # what it does, as a lazy translation: "Importing contacts"
    # What whoever started it has to be allowed; asked again before each step
    permission: Callable[[Job], str]
    summary: Callable[[Job], str]  # what a finished one has done
    start: Callable[[Job], Iterator[Step]]
    record_url: Callable[[str, int], str]  # (team slug, id of a record) -> its page
    # (team slug, parameters of the job) -> the page that leads to it
    origin: Callable[[str, dict[str, Any]], tuple[str, str]]
    record: str = "contact"  # what the ids of records in its ledger are ids of
    # (team slug, job) -> the page that takes back what the job did, "" where nothing can be
    undo: Callable[[str, Job], str] = lambda _team_slug, _job: ""
    undo_label: Any = field(default_factory=lambda: _("Undo"))
    # Those of the ids of records that still have a page: the others are only named.
    still_there: Callable[[Collection[int]], Collection[int]] = lambda ids: ids
    is_resumable: bool = True  # else it starts over when its worker died
    # How its rows can end, in the order they are shown.
    outcomes: Sequence[str] = (
        JobRow.Outcome.CREATED,
        JobRow.Outcome.UPDATED,
        JobRow.Outcome.RESTORED,
        JobRow.Outcome.SKIPPED,
        JobRow.Outcome.REFUSED,
    )
    # (who looks, job) -> what the page offers once the job is done
    offer: Callable[[Membership, Job], Offer | None] = lambda _member, _job: None
    has_ledger: bool = True  # its page shows what became of each row
    is_of_file: bool = True  # its rows are those of a file that people have
    is_of_clock: bool = False  # nobody needs to have started it
    # Tidies up when the job fails, in the transaction that says so
    give_up: Callable[[Job], None] = lambda _job: None


_kinds: dict[str, Kind] = {}


def add(kind: Kind) -> None:
    """Register a kind; called from AppConfig.ready()."""
    _kinds[kind.key] = kind


def kinds_about(record: str) -> list[str]:
    """Return the keys of the kinds whose ledgers name such records."""
    return [kind.key for kind in _kinds.values() if kind.record == record]


def kind_of(job: Job) -> Kind | None:
    """Return the job's kind; None if the app that made it is not there any more."""
    return _kinds.get(job.kind)
