"""Saying who changes something and why; the triggers write down what (product.md T4)."""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from crm.history.models import Change, ChangeSet
from crm.teams.models import Membership
from crm.tenancy.scope import current_team_id

VIA_LENGTH = 200

P = ParamSpec("P")
R = TypeVar("R")


class NoTransaction(RuntimeError):
    """A change set lives in one transaction; open transaction.atomic() first."""


@dataclass
class Recording:
    """What happens inside a `recording` block."""

    change_set_id: int | None = None  # known after the block; None if nothing changed


_current: ContextVar[Recording | None] = ContextVar("recording", default=None)

_last: ContextVar[int | None] = ContextVar("last_change_set", default=None)


def last_change_set() -> int | None:
    """Return the change set of the act that ended last here, None where it changed nothing.

    A view offers its undo.
    """
    return _last.get()


@contextmanager
def recording(
    kind: str = "",
    *,
    by: Membership | None = None,
    at: datetime | None = None,
    via: str = "",
    change_set: ChangeSet | None = None,
) -> Iterator[Recording]:
    """Group every change of the block into one change set that says who, when and why.

    Inside another block the outer one counts: what a service does for another belongs to that act.
    `change_set` is an open one to join, for work over several transactions. A block that changes
    nothing leaves nothing. Raise NoTransaction outside a transaction.
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    _last.set(None)
    if not connection.in_atomic_block:
        raise NoTransaction
    who = {
        "team": current_team_id(),
        "kind": kind,
        "via": via[:VIA_LENGTH],
        "by": by.pk if by else None,
        "at": (at or timezone.now()).isoformat(),
    }
    joined = f"{current_team_id()}:{change_set.pk}" if change_set else ""
    block = Recording()
    token = _current.set(block)
    _say(json.dumps(who), joined)
    try:
        yield block
    except BaseException:
        # In a transaction that failed nothing can be said, and nothing needs to be.
        with suppress(DatabaseError):
            _say("", "")
        raise
    else:
        _team, _colon, made = _say("", "").partition(":")
        block.change_set_id = int(made) if made else None
        _last.set(block.change_set_id)
    finally:
        _current.reset(token)


def recorded(kind: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a service one act: a transaction whose changes form one change set.

    The service has the keyword `by`, and `at` unless the moment does not matter.
    """

    def decorate(service: Callable[P, R]) -> Callable[P, R]:
        @wraps(service)
        def act(*args: P.args, **kwargs: P.kwargs) -> R:
            by, at = cast(Any, kwargs["by"]), cast(Any, kwargs.get("at"))
            with transaction.atomic(), recording(kind, by=by, at=at):
                return service(*args, **kwargs)

        return act

    return decorate


def open_change_set(
    kind: str, *, by: Membership | None, at: datetime, via: str = ""
) -> ChangeSet:
    """Return a change set that the blocks of several transactions can join."""
    return ChangeSet.objects.create(kind=kind, by=by, at=at, via=via[:VIA_LENGTH])


@contextmanager
def unrecorded() -> Iterator[None]:
    """Write nothing down inside the block: for what must leave no trace, such as a purge."""
    if not connection.in_atomic_block:
        raise NoTransaction
    _set("rapport.history", "off")
    try:
        yield
    finally:
        with suppress(DatabaseError):
            _set("rapport.history", "")


def forget_records(record: str, *, record_ids: Collection[int]) -> None:
    """Remove what was written down of these records (product.md D4)."""
    Change.objects.filter(record=record, record_id__in=record_ids).delete()


def _say(who: str, change_set: str) -> str:
    """Set who changes something; return "team:id" of the change set so far, "" for none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('rapport.change_set', true), ''),"
            " set_config('rapport.who', %s, true), set_config('rapport.change_set', %s, true)",
            [who, change_set],
        )
        return str(cursor.fetchone()[0])


def _set(name: str, value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
