"""Run one embedded server until nobody uses it. Started by crm/embedded.py, never imported."""

import argparse
import contextlib
import ctypes
import fcntl
import locale
import os
import pwd
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NoReturn

import psycopg

SYSTEM_USER = "rapport-embedded"
POLL_SECONDS = 0.1
START_SECONDS = 110
STOP_SECONDS = 4
OLD_SERVER_SECONDS = 30

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "2GB",
    "max_parallel_workers_per_gather": "1",
    "log_min_messages": "warning",
    "log_line_prefix": "%m ",
    "timezone": "UTC",
}
POSTGRES_NOT_DURABLE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class Account:
    """Whom the server runs as: we ourselves, but never root, which PostgreSQL refuses."""

    def __init__(self) -> None:
        self.uid, self.gid = os.getuid(), os.getgid()
        self.popen: dict[str, Any] = {}
        if self.uid == 0:
            entry = _system_user()
            self.uid, self.gid = entry.pw_uid, entry.pw_gid
            self.popen = {"user": self.uid, "group": self.gid, "extra_groups": []}

    def owns(self, folder: Path) -> Path:
        """Make the folder this account's own, and closed to all others."""
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.getuid() == 0:
            self.take(folder)
            self.let_through(folder)
        return folder

    def take(self, folder: Path) -> None:
        """Make the folder this account's own with all that another one of its name has left in it.

        A new machine, or a container made anew, may give the name another number.
        """
        if os.getuid() == 0:
            top = [folder, *folder.iterdir()]
            if any(path.lstat().st_uid != self.uid for path in top):
                for path in [folder, *folder.rglob("*")]:
                    os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def let_through(self, path: Path) -> None:
        """Let the account pass the folders above the path; it gets to read none of them."""
        for parent in path.parents:
            status = parent.stat()
            mine = stat.S_IXUSR if status.st_uid == self.uid else stat.S_IXOTH
            if not status.st_mode & mine:
                _grant_passage(parent, status.st_mode, self.uid)

    def can_run(self, binary: Path) -> bool:
        command: list[str | Path] = [binary, "--version"]
        try:
            done = subprocess.run(
                command, capture_output=True, check=False, cwd="/", **self.popen
            )
        except PermissionError:
            return False
        return done.returncode == 0

    def open_up(self, package: Path, binaries: list[Path]) -> None:
        """Let the account run what a strict umask or a closed folder keeps from it."""
        if os.getuid() != 0 or all(self.can_run(binary) for binary in binaries):
            return
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.exists():
                self.let_through(folder / "all")
                for path in (folder, *folder.rglob("*")):
                    mode = path.stat().st_mode
                    path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))
        for binary in binaries:
            if not self.can_run(binary):
                fail(
                    f"The user {SYSTEM_USER} cannot run {binary}."
                    " Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
                )


class Postgres:
    """PostgreSQL over a Unix socket, with one database and one role that is no superuser."""

    stop_signal = signal.SIGINT  # a "fast" shutdown: open sessions are cut off
    kill_signal = signal.SIGQUIT  # the next start recovers from the log

    def __init__(self, args: argparse.Namespace, account: Account) -> None:
        self.args, self.account = args, account

    def binaries(self) -> list[Path]:
        return [self.args.binary, self.args.binary.with_name("initdb")]

    def prepare(self) -> None:
        """Make a new cluster where there is none; a half-made one is never taken for it."""
        data: Path = self.args.data_dir
        if (data / "PG_VERSION").exists():
            self.account.take(data)
            self.account.let_through(data)
            return
        new = data.with_name(f"{data.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        self.account.owns(new)
        command: list[str | Path] = [
            self.args.binary.with_name("initdb"),
            "-D",
            new,
            "-U",
            "postgres",
        ]
        command += [
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-instructions",
        ]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += [f"--lc-ctype={_character_locale()}"]
        done = subprocess.run(command, check=False, cwd="/", **self.account.popen)
        if done.returncode != 0:
            fail("initdb failed.")
        (new / "postmaster.pid").unlink(missing_ok=True)
        new.rename(data)

    def command(self) -> list[str | Path]:
        settings = dict(POSTGRES_SETTINGS)
        if self.args.not_durable:
            settings |= POSTGRES_NOT_DURABLE
        settings["unix_socket_directories"] = str(self.args.socket_dir)
        pairs = [f"--{name}={value}" for name, value in settings.items()]
        return [self.args.binary, "-D", self.args.data_dir, *pairs]

    def before_start(self) -> None:
        # The server locks prove that the process named here is not ours; another program that
        # happens to have its number would keep PostgreSQL from starting.
        pid_file = self.args.data_dir / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError):
            pid = int(pid_file.read_text().split("\n", 1)[0])
            os.kill(pid, 0)
            pid_file.unlink()

    def answers(self) -> bool:
        try:
            with self._connect() as connection:
                self._ensure_database(connection)
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.args.socket_dir),
            user="postgres",
            dbname="postgres",
            autocommit=True,
            connect_timeout=5,
        )

    @staticmethod
    def _ensure_database(connection: psycopg.Connection) -> None:
        if not connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = 'rapport'"
        ).rowcount:
            connection.execute("CREATE ROLE rapport LOGIN CREATEDB")
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = 'rapport'"
        ).rowcount:
            connection.execute("CREATE DATABASE rapport OWNER rapport")


class Redis:
    """Redis over a Unix socket; what is queued survives a restart."""

    stop_signal = signal.SIGTERM
    kill_signal = signal.SIGKILL

    def __init__(self, args: argparse.Namespace, account: Account) -> None:
        self.args, self.account = args, account

    def binaries(self) -> list[Path]:
        return [self.args.binary]

    def prepare(self) -> None:
        self.account.owns(self.args.data_dir)

    def before_start(self) -> None:
        """Nothing: Redis replaces a socket that was left behind."""

    def command(self) -> list[str | Path]:
        durable = [
            "--appendonly",
            "no" if self.args.not_durable else "yes",
            "--save",
            "",
        ]
        sockets = [
            "--unixsocket",
            str(self.args.socket_dir / "redis.sock"),
            "--port",
            "0",
        ]
        place = ["--dir", str(self.args.data_dir), "--loglevel", "warning"]
        return [self.args.binary, *sockets, "--unixsocketperm", "700", *place, *durable]

    def answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.args.socket_dir / "redis.sock"))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


class Keeper:
    """The life of one server: locks, start, use, stop."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.account = Account()
        kind = Postgres if args.name == "postgres" else Redis
        self.server: Postgres | Redis = kind(args, self.account)
        self.ready = args.run_dir / f"{args.name}.ready"
        self.told_to_stop = False
        signal.signal(signal.SIGTERM, self._note_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    def run(self) -> int:
        """Return the exit code: 0 after an orderly end, 1 when the server died."""
        mine = self._open("keeper")
        if not _lock(mine, seconds=0.3):
            return 0
        self.ready.unlink(missing_ok=True)
        # The server and all it starts inherit this lock: a keeper that follows one that was
        # killed waits for the last of them before it touches the data.
        server_lock = self._open("server")
        if not _lock(server_lock, seconds=OLD_SERVER_SECONDS):
            fail(f"An earlier {self.args.name} server still uses {self.args.data_dir}.")
        self._make_socket_dir()
        self.account.open_up(self.args.package, self.server.binaries())
        self.server.prepare()
        self.server.before_start()
        process = self._spawn(server_lock)
        try:
            return self._watch(process)
        finally:
            self.ready.unlink(missing_ok=True)
            self._end(process)
            shutil.rmtree(self.args.socket_dir, ignore_errors=True)
            with contextlib.suppress(OSError):
                self.args.socket_dir.parent.rmdir()

    def _watch(self, process: subprocess.Popen[bytes]) -> int:
        deadline = time.monotonic() + START_SECONDS
        users = self._open("users")
        while process.poll() is None and not self.told_to_stop and not _lock(users):
            if not self.ready.exists() and self.server.answers():
                self.ready.touch()
            if not self.ready.exists() and time.monotonic() > deadline:
                break
            time.sleep(POLL_SECONDS)
        return 0 if process.poll() is None else 1

    def _spawn(self, server_lock: IO[bytes]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            self.server.command(),
            stdin=subprocess.DEVNULL,
            cwd="/",
            pass_fds=[server_lock.fileno()],
            preexec_fn=_die_with_parent(self.server.stop_signal),
            **self.account.popen,
        )
        server_lock.close()
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is not None:
            return
        process.send_signal(self.server.stop_signal)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(self.server.kill_signal)
            process.wait()

    def _make_socket_dir(self) -> None:
        base: Path = self.args.socket_dir.parent
        base.mkdir(mode=0o700, exist_ok=True)
        status = base.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
            fail(f"{base} belongs to somebody else.")
        base.chmod(0o711 if os.getuid() == 0 else 0o700)
        shutil.rmtree(self.args.socket_dir, ignore_errors=True)
        self.account.owns(self.args.socket_dir)

    def _open(self, name: str) -> IO[bytes]:
        path: Path = self.args.run_dir / f"{self.args.name}.{name}"
        return path.open("ab")

    def _note_stop(self, *_: object) -> None:
        self.told_to_stop = True


def _character_locale() -> str:
    """Return a locale in which pg_trgm takes letters beyond ASCII for letters."""
    for name in ("C.UTF-8", "en_US.UTF-8"):
        with contextlib.suppress(locale.Error):
            locale.setlocale(locale.LC_CTYPE, name)
            return name
    return "C"


def _lock(file: IO[bytes], *, seconds: float = 0) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS / 4)
        else:
            return True


def _die_with_parent(signal_number: int) -> Callable[[], None] | None:
    """Return what makes Linux signal a child when its parent is killed; elsewhere nothing does."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    set_parent_death_signal = 1
    return lambda: libc.prctl(set_parent_death_signal, signal_number)


def _system_user() -> pwd.struct_passwd:
    """Return the user that servers run as, made if need be; of several starts at once by one."""
    with Path("/etc/passwd").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        return _found_or_made_user()


def _found_or_made_user() -> pwd.struct_passwd:
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    command = [
        "useradd",
        "--system",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
    ]
    try:
        subprocess.run([*command, SYSTEM_USER], check=False)
        return pwd.getpwnam(SYSTEM_USER)
    except (OSError, KeyError):
        fail(
            f"PostgreSQL does not run as root, and the user {SYSTEM_USER} could not be made."
            " Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
        )


def _grant_passage(folder: Path, mode: int, uid: int) -> None:
    """Let one user pass through a closed folder by an access control list (acl(5))."""
    user_obj, user, group_obj, mask, other, nobody = 1, 2, 4, 0x10, 0x20, 0xFFFFFFFF
    name, head, entry = "system.posix_acl_access", struct.pack("<I", 2), "<HHI"
    entries = {
        (user_obj, nobody): mode >> 6 & 7,
        (group_obj, nobody): mode >> 3 & 7,
        (mask, nobody): mode >> 3 & 7,
        (other, nobody): mode & 7,
    }
    try:
        with contextlib.suppress(OSError):  # there is no list yet
            packed = os.getxattr(folder, name)[len(head) :]
            entries |= {
                (tag, who): may for tag, may, who in struct.iter_unpack(entry, packed)
            }
        for key in ((user, uid), (mask, nobody)):
            entries[key] = entries.get(key, 0) | 1
        packed = b"".join(
            struct.pack(entry, tag, may, who)
            for (tag, who), may in sorted(entries.items())
        )
        os.setxattr(folder, name, head + packed)
    except (AttributeError, OSError) as error:
        fail(
            f"PostgreSQL does not run as root, and its user cannot pass {folder} ({error})."
            " Run as an ordinary user, move the checkout, or set DATABASE_URL and REDIS_URL."
        )


def fail(why: str) -> NoReturn:
    """End with a reason that whoever waits for the server shows to a person."""
    sys.stderr.write(f"{why}\n")
    sys.exit(1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=["postgres", "redis"])
    parser.add_argument("--not-durable", action="store_true")
    for option in ("--package", "--binary", "--run-dir", "--data-dir", "--socket-dir"):
        parser.add_argument(option, type=Path, required=True)
    return Keeper(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
