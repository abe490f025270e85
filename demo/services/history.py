"""Two years of activity: planned for each contact in Python, written out by PostgreSQL.

A plan is one small row; the database multiplies it by the lines of its story. That is what makes
20,000,000 activities a matter of minutes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from crm.tenancy.scope import current_team_id
from demo.services.clock import SLOT_SECONDS, SLOTS_A_DAY, Clock
from demo.services.material import material

# How much is known about a contact, over and over; a fifth was never contacted.
_WEIGHTS = (3, 1, 8, 0, 2, 5, 1, 0, 12, 4, 2, 1, 0, 6, 3, 9, 2, 1, 20, 0)
_LONGEST = 10_000
_CREATED = (
    -1
)  # the story of which every contact has one line: how the record came to be
_SECONDS_LATER = 60

_CREATE = """
DROP TABLE IF EXISTS demo_lines, demo_plans;
CREATE TEMP TABLE demo_lines (
    story int, step int, kind text, direction text, outcome text, subject text, body text
) ON COMMIT DROP;
CREATE TEMP TABLE demo_plans (
    contact_id bigint, account_id bigint, member_id bigint, lines int, first_slot int,
    last_slot int, story int, source text, source_detail text, first_name text, company text,
    me text
) ON COMMIT DROP;
"""
_INSERT = """
INSERT INTO activities_activity
    (team_id, contact_id, account_id, member_id, kind, direction, outcome, subject, body, detail,
     idempotency_key, occurred_at, created_at)
SELECT %(team)s, contact_id, account_id, member_id, l.kind, l.direction, l.outcome,
       replace(l.subject, '{company}', company),
       replace(replace(replace(l.body, '{first}', first_name), '{company}', company), '{me}', me),
       CASE WHEN k = 0
            THEN jsonb_build_object('source', e.source, 'source_detail', e.source_detail)
            ELSE '{}' END,
       '', at, at
FROM (
    SELECT p.*, k,
           %(base)s::timestamptz + interval '1 second' * (
               (slot / %(day)s / 5 * 7 + slot / %(day)s %% 5) * 86400
               + slot %% %(day)s * %(slot)s + CASE WHEN k = 0 THEN 0 ELSE %(later)s END
           ) AS at
    FROM demo_plans p
    CROSS JOIN LATERAL generate_series(0, p.lines) k
    CROSS JOIN LATERAL (SELECT CASE WHEN k = 0 THEN p.first_slot ELSE p.first_slot
        + ((p.last_slot - p.first_slot)::bigint * k / p.lines)::int END AS slot) s
) e
JOIN demo_lines l
    ON l.story = CASE WHEN k = 0 THEN %(created)s
                      ELSE (e.story + (k - 1) / %(steps)s) %% %(stories)s END
   AND l.step = CASE WHEN k = 0 THEN 0 ELSE (k - 1) %% %(steps)s END
ORDER BY at, k
"""


class Plan(NamedTuple):
    """What happened with one contact, in the order of demo_plans."""

    contact_id: int
    account_id: int | None
    member_id: int
    lines: int
    first_slot: int
    last_slot: int
    story: int
    source: str
    source_detail: str
    first_name: str
    company: str
    me: str


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How many activities each of the contacts has, so that they add up to `activities`.

    Each has the one that says how it came to be; the first has a very long history.
    """

    contacts: int
    activities: int

    @property
    def lines(self) -> int:
        return max(0, self.activities - self.contacts)

    @property
    def extra(self) -> int:
        return min(_LONGEST, self.lines // 50)

    def lines_of(self, number: int) -> int:
        """Return how many activities the contact has besides its creation."""
        more = self.extra if number == 0 else 0
        return more + self._share(number + 1) - self._share(number)

    def _share(self, number: int) -> int:
        total = max(1, _weight(self.contacts))
        return (self.lines - self.extra) * _weight(number) // total


def _weight(number: int) -> int:
    """Return the sum of the first so many weights."""
    rounds, rest = divmod(number, len(_WEIGHTS))
    return rounds * sum(_WEIGHTS) + sum(_WEIGHTS[:rest])


class History:
    """Writes activities; what it says about a contact's dates is what it writes."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.stories = material().stories

    def prepare(self) -> None:
        """Bring the stories into the database, until the end of the transaction."""
        created = (_CREATED, 0, "created", "", "", "", "")
        told = [
            (story, step, *line)
            for story, lines in enumerate(self.stories)
            for step, line in enumerate(lines)
        ]
        with connection.cursor() as cursor:
            cursor.execute(_CREATE)
            with cursor.copy("COPY demo_lines FROM STDIN") as copy:
                for row in [created, *told]:
                    copy.write_row(row)

    def created_at(self, first_slot: int) -> datetime:
        return self.clock.at(first_slot)

    def last_activity_at(self, last_slot: int) -> datetime:
        return self.clock.at(last_slot) + timedelta(seconds=_SECONDS_LATER)

    def write(self, plans: Sequence[Plan]) -> None:
        """Write the activities of contacts that are there already."""
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE demo_plans")
            with cursor.copy("COPY demo_plans FROM STDIN") as copy:
                for plan in plans:
                    copy.write_row(plan)
            cursor.execute(_INSERT, self._parameters())

    def _parameters(self) -> dict[str, Any]:
        return {
            "team": current_team_id(),
            "base": self.clock.base,
            "day": SLOTS_A_DAY,
            "slot": SLOT_SECONDS,
            "later": _SECONDS_LATER,
            "created": _CREATED,
            "steps": len(self.stories[0]),
            "stories": len(self.stories),
        }
