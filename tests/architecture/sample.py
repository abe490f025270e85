"""What a sample of a URL says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crm.teams.roles import Role
from tests.architecture.world import Rows

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """How to call one URL. Every text that loosens a rule is the reason for it."""

    args: Callable[[Rows], Values] | None = None
    body: Callable[[Rows], Values] | None = None  # a valid POST
    query: Callable[[Rows], Values] = field(
        default=lambda rows: {}
    )  # what a GET filters by
    public: str = ""  # why anybody may open it
    capability: str = ""  # why whoever holds the link may see what it leads to
    changes_nothing: str = ""  # why a valid POST changes no row
    writes_on_get: str = ""  # why a safe request may write
    refuses: dict[str, str] = field(
        default_factory=dict
    )  # role -> why a valid POST is refused
    poster: Role = Role.OWNER  # whose POST the body is valid for
    random: str = ""  # why the page differs from one request to the next
    variants: tuple[str, ...] = ()  # query strings under which the page looks different
    no_page: str = ""  # why there is nothing to look at
    answers: tuple[int, ...] = ()  # right here although they look like errors
