"""Which team the current request, task or test is working in."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_team_id: ContextVar[int | None] = ContextVar("team_id", default=None)


class NoTeamScope(RuntimeError):
    """A team-owned table was touched with no team in scope."""


def current_team_id() -> int:
    """Return the id of the team in scope; raise NoTeamScope when there is none."""
    team_id = _team_id.get()
    if team_id is None:
        raise NoTeamScope("No team in scope. Enter team_scope(team.pk) first.")
    return team_id


def enter_team(team_id: int) -> None:
    """Change the scope that is open around the caller; only the team middleware needs this."""
    _team_id.set(team_id)


@contextmanager
def team_scope(team_id: int | None) -> Iterator[None]:
    """Work inside one team; `None` opens an empty scope, in which team-owned tables refuse."""
    token = _team_id.set(team_id)
    try:
        yield
    finally:
        _team_id.reset(token)
