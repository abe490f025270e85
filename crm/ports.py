"""Which port the local server gets, and whether something answers there."""

import contextlib
import fcntl
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

PORTS_TRIED = 100


class NoPort(Exception):
    """Every port that was tried is taken; the message is for a person."""


def first_port() -> int:
    """Return the port to start looking from."""
    return int(os.environ.get("PORT") or 8000)


@contextlib.contextmanager
def reserved_port(first: int) -> Iterator[int]:
    """Yield the first port from `first` on that nobody has, and keep it from other managers.

    The web server shares its port with other processes of the same user (SO_REUSEPORT), so two
    that start together would both listen on one. The socket that holds the port never listens.
    """
    with _one_at_a_time():
        port = free_port(first)
        guard = socket.socket()
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        guard.bind(("127.0.0.1", port))
    with guard:
        yield port


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    path = f"/tmp/rapport-{os.getuid()}-ports"  # noqa: S108  # holds nothing but a lock
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError:  # of somebody else: then there is only the short moment to lose
        yield
        return
    with os.fdopen(handle) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def free_port(first: int) -> int:
    """Return the first port from `first` on that nobody has."""
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe:
            # Without this, connections that a server closed a moment ago would hold the port.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen()
            except OSError:
                continue
            return port
    raise NoPort(f"No port from {first} to {first + PORTS_TRIED - 1} is free.")


def answers(url: str) -> bool:
    """Say whether the address answers with success."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False
