"""Teams full of made-up contacts: small and believable for a look round, or as large as a test needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.models import Activity
from contacts.services.directory import load_directory
from crm.teams.models import Team
from crm.tenancy.models import TeamModel
from crm.tenancy.scope import team_scope
from demo.services import contacts, directory, teams
from demo.services.contact_rows import TABLES
from demo.services.history import Schedule
from demo.services.loading import refresh_statistics, without_indexes

_TABLES: list[type[TeamModel]] = [*TABLES, Activity]

Progress = Callable[[str, int], None]


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """A new team and how much is in it."""

    slug: str
    contacts: int
    accounts: int
    activities: int


def seed_teams(
    slugs: Sequence[str],
    *,
    schedule: Schedule,
    at: datetime,
    progress: Progress = lambda slug, contacts: None,
) -> list[Seeded]:
    """Create the teams that are not there yet, all alike, in one transaction; return the new ones.

    `progress(slug, contacts)` hears how far a team is. The same arguments on the same day give the
    same people, companies and activities.
    """
    there = Team.objects.filter(slug__in=slugs).values_list("slug", flat=True)
    missing = [slug for slug in dict.fromkeys(slugs) if slug not in set(there)]
    if not missing:
        return []
    rows = len(missing) * (schedule.contacts + schedule.activities)
    with without_indexes(_TABLES, rows=rows):
        load_directory(directory.lines(), refuse=_refuse)
        seeded = [_seed(slug, schedule, at, progress) for slug in missing]
    refresh_statistics(_TABLES, rows=rows)
    return seeded


def _seed(slug: str, schedule: Schedule, at: datetime, progress: Progress) -> Seeded:
    owner = teams.found_team(slug)
    with team_scope(owner.team_id):
        cast = teams.furnish_team(owner, by=owner)
        filler = contacts.Team(cast, schedule, at=at)
        filler.fill(lambda done: progress(slug, done))
    return Seeded(
        slug=slug,
        contacts=schedule.contacts,
        accounts=filler.accounts,
        activities=schedule.contacts + schedule.lines,
    )


def _refuse(line: int, reason: str) -> None:
    raise AssertionError(f"Line {line} of the made-up directory: {reason}")
