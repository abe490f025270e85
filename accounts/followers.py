"""What may follow an account to its new owner: each app above names its own (product.md C12)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crm.teams.models import Membership


class Give(Protocol):
    """Gives all that follows the account to the owner, in the caller's transaction."""

    def __call__(
        self, *, account_id: int, owner_id: int | None, by: Membership, at: datetime
    ) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Follower:
    """One kind of record with an owner of its own."""

    key: str
    # (id of the account, id of its new owner, who asks) -> how many would change; one query
    count: Callable[[int, int | None, Membership], int]
    say: Callable[[int], str]  # "its 12 contacts"
    give: Give


_followers: dict[str, Follower] = {}


def add(follower: Follower) -> None:
    """Register an entry; called from AppConfig.ready()."""
    _followers[follower.key] = follower


def registered() -> list[Follower]:
    """Return all entries."""
    return list(_followers.values())


def who_follows(account_id: int, owner_id: int | None, by: Membership) -> list[str]:
    """Return what would change with the account, in words; one query for each entry."""
    counted = ((entry, entry.count(account_id, owner_id, by)) for entry in registered())
    return [entry.say(number) for entry, number in counted if number]
