"""A kind of job for tests: counts to its total, a few numbers a chunk, and can be told to die."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from crm.jobs import registry
from crm.jobs.models import Job
from crm.jobs.registry import Chunk, Kind, LedgerRow, Step

KEY = "tests.counting"
CHUNK = 3


class Died(BaseException):
    """What a kill does to Python code: nothing that follows runs, nothing is caught."""


def start(job: Job) -> Iterator[Step]:
    first = job.position.get("next", 1)
    for number in range(first, job.total + 1, CHUNK):
        last = min(number + CHUNK - 1, job.total)
        yield partial(count, number, last)


def count(first: int, last: int) -> Chunk:
    for number in range(first, last + 1):
        before(number)
    rows = [
        LedgerRow(n, "created", "", n, f"Number {n}") for n in range(first, last + 1)
    ]
    return Chunk(
        position={"next": last + 1},
        done=len(rows),
        counts=Counter(created=len(rows)),
        rows=rows,
    )


before: Callable[[int], None] = lambda number: None  # noqa: E731  # tests replace it


KIND = Kind(
    key=KEY,
    label="Counting",
    permission=lambda job: "team.view",
    is_of_clock=True,
    start=start,
    summary=lambda job: f"Counted to {job.done}",
    record_url=lambda team_slug, pk: f"/t/{team_slug}/numbers/{pk}/",
    origin=lambda team_slug, parameters: ("Numbers", f"/t/{team_slug}/numbers/"),
)


def register() -> None:
    registry.add(KIND)
