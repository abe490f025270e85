"""Servers for the suite: embedded ones in var/test, unless DATABASE_URL or REDIS_URL is set.

The addresses are in the environment before Django reads its settings. The process that
distributes the tests starts the servers and stops them; its workers inherit the addresses.
"""

import contextlib
import fcntl
import os
from typing import IO

import pytest

from crm import embedded

VAR = embedded.var_dir() / "test"
PLACES = 15
SERVERS = pytest.StashKey[contextlib.ExitStack]()


def free_place() -> tuple[int, IO[bytes]]:
    """Return a number, and the lock on it, for databases that no other run here uses."""
    folder = VAR / "run"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(PLACES):
        lock = (folder / f"place-{number}").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return number, lock
    raise pytest.UsageError(f"{PLACES} runs of the suite use {VAR} already.")


_starts = [
    start
    for name, start in {
        "DATABASE_URL": embedded.start_postgres,
        "REDIS_URL": embedded.start_redis,
    }.items()
    if not os.environ.get(name)
]
if _starts:
    _place, _lock = free_place()
    _database = embedded.database_url(VAR).replace("/rapport?", f"/suite_{_place}?")
    os.environ["DATABASE_URL"] = os.environ.get("DATABASE_URL") or _database
    os.environ["REDIS_URL"] = (
        os.environ.get("REDIS_URL") or f"{embedded.redis_url(VAR)}?db={_place}"
    )
os.environ.setdefault("SECRET_KEY", "the-suite-signs-nothing-that-anybody-trusts-0123")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    if config.option.collectonly:
        return
    with contextlib.ExitStack() as stack:
        for start in _starts:
            stack.enter_context(start(VAR, durable=False))
        config.stash[SERVERS] = stack.pop_all()


def pytest_unconfigure(config: pytest.Config) -> None:
    servers = config.stash.get(SERVERS, None)
    if servers is not None:
        servers.close()
