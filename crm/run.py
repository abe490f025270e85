"""`make run`: every process of Rapport on this machine, under one manager."""

import collections
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from crm import embedded, local, ports
from crm.celery import Queue

READY_SECONDS = 90
QUIT_SECONDS = 2.5  # a worker in the middle of a task is told more firmly
KILL_SECONDS = 4
LINE_LENGTH = 160


class Stopped(Exception):
    """Somebody asked for the end."""


class Failed(Exception):
    """Something did not start or ended by itself; the message is for a person."""


class Child:
    """One process with everything it starts: a session of its own, a log of its own."""

    def __init__(self, name: str, command: list[str], log_dir: Path) -> None:
        self.name = name
        self.log = log_dir / f"{name}.log"
        self.tail: collections.deque[str] = collections.deque(maxlen=15)
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            cwd=embedded.CHECKOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(),  # no thread runs yet
        )

    def follow(self, show: Callable[[str, str], None]) -> threading.Thread:
        """Copy the output to the log and, line by line, to `show`."""
        thread = threading.Thread(target=self._copy, args=[show], daemon=True)
        thread.start()
        return thread

    def _copy(self, show: Callable[[str, str], None]) -> None:
        output = self.process.stdout
        if output is None:
            return
        with output, self.log.open("w") as log:
            for line in output:
                log.write(line)
                log.flush()
                self.tail.append(line.rstrip())
                show(self.name, line.rstrip())

    def signal(self, number: int) -> None:
        if self.process.poll() is None:
            self.process.send_signal(number)

    def sweep(self) -> None:
        """End whatever the process left behind."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()

    def last_words(self) -> str:
        return "\n".join(f"  {line}" for line in self.tail)


class Manager:
    """Starts everything in order, watches it, and ends it together."""

    def __init__(self) -> None:
        self.var = embedded.var_dir()
        self.log_dir = self.var / "log"
        self.children: list[Child] = []
        self.servers: list[embedded.Server] = []
        self.ready = False
        self.signals = 0
        self.parent = os.getppid()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)

    def run(self) -> int:
        """Return the exit code: 0 after a requested end, 1 when something failed."""
        # The logs hold the links of mails that are only printed.
        embedded.private_folder(self.log_dir)
        embedded.private_folder(self.var / "run")
        try:
            with (
                self._only_one() as lock,
                ports.reserved_port(ports.first_port()) as port,
            ):
                self._live(lock, port)
        except Stopped:
            say("Rapport has stopped.")
            return 0
        except (Failed, ports.NoPort, embedded.ServerFailed) as error:
            say(str(error))
            return 1
        return 0

    def _live(self, lock: IO[str], port: int) -> None:
        local.configure(site_url=f"http://127.0.0.1:{port}")
        say("Starting the servers ...")
        with embedded.default_servers() as self.servers:
            try:
                self._prepare()
                self._start(port)
                self._wait_until_ready(port)
                lock.write(f"http://127.0.0.1:{port}/")
                lock.flush()
                self._announce(port)
                while True:
                    self._watch()
                    time.sleep(0.2)
            finally:
                self._end_children()

    def _only_one(self) -> IO[str]:
        path = self.var / "run" / "app.lock"
        lock = path.open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with lock:
                address = path.read_text()
            raise Failed(
                f"Rapport already runs from this folder. {address}".rstrip()
            ) from None
        lock.truncate(0)
        return lock

    def _prepare(self) -> None:
        say("Preparing the database ...")
        prepare = Child("prepare", python("-m", "crm.prepare"), self.log_dir)
        self.children = [prepare]
        reader = prepare.follow(self._show)
        while prepare.process.poll() is None:
            self._check_signals()
            time.sleep(0.05)
        reader.join(timeout=1)
        self.children = []
        if prepare.process.returncode:
            raise Failed(f"The database could not be prepared:\n{prepare.last_words()}")

    def _start(self, port: int) -> None:
        commands = {
            "web": web_command(port),
            "worker": worker_command(),
            "beat": beat_command(self.var),
        }
        for name, command in commands.items():
            self.children.append(Child(name, command, self.log_dir))
        for child in self.children:
            child.follow(self._show)

    def _wait_until_ready(self, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ports.answers(f"http://127.0.0.1:{port}/readyz"):
            self._watch()
            if time.monotonic() > deadline:
                raise Failed(f"Rapport was not ready within {READY_SECONDS} s.")
            time.sleep(0.1)

    def _announce(self, port: int) -> None:
        self.ready = True
        say(
            f"Rapport is ready: http://127.0.0.1:{port}/"
            "  sign in as demo@rapport.test with password demo-rapport"
        )

    def _watch(self) -> None:
        """Raise Stopped when asked to end, Failed when a process or a server has ended."""
        self._check_signals()
        for child in self.children:
            if child.process.poll() is not None:
                time.sleep(0.2)  # for the last lines to arrive
                code = child.process.returncode
                raise Failed(
                    f"{child.name} ended unexpectedly (exit code {code}), so everything stops."
                    f" Its last lines, from {child.log}:\n{child.last_words()}"
                )
        for server in self.servers:
            if not server.is_alive():
                raise Failed(
                    f"The embedded {server.name} ended unexpectedly, so everything stops:"
                    f" see {server.log}."
                )

    def _check_signals(self) -> None:
        if self.signals or parent_is_interrupted(self.parent):
            raise Stopped

    def _end_children(self) -> None:
        start = time.monotonic()
        stages = [
            (0.0, signal.SIGTERM),
            (QUIT_SECONDS, signal.SIGQUIT),
            (KILL_SECONDS, signal.SIGKILL),
        ]
        while stages and any(child.process.poll() is None for child in self.children):
            if time.monotonic() - start >= stages[0][0]:
                _, number = stages.pop(0)
                for child in self.children:
                    child.signal(number)
            if self.signals > 1:  # asked twice: now
                break
            time.sleep(0.05)
        for child in self.children:
            child.sweep()

    def _show(self, name: str, line: str) -> None:
        # What is only information stays in the log.
        if self.ready and line.strip() and "INFO" not in line[:60]:
            say(f"{name:<6} | {line[:LINE_LENGTH]}")

    def _note_signal(self, *_: object) -> None:
        self.signals += 1


def web_command(port: int, workers: int = 2) -> list[str]:
    """Return the command of the production web server on the loopback interface."""
    options = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    options += ["--workers", str(workers), "--no-ws", "--workers-kill-timeout", "2"]
    return python("-m", "granian", *options, "crm.wsgi:application")


def worker_command() -> list[str]:
    """Return the command of one worker for all queues."""
    options = ["--queues", ",".join(Queue), "--concurrency", "2", "--loglevel", "INFO"]
    options += ["--without-mingle", "--without-gossip"]
    return python("-m", "celery", "--quiet", "--app", "crm", "worker", *options)


def beat_command(var: Path) -> list[str]:
    """Return the command of the one scheduler an installation has."""
    options = ["--schedule", str(var / "run" / "celerybeat-schedule"), "--pidfile", ""]
    return python("-m", "celery", "--quiet", "--app", "crm", "beat", *options)


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def die_with_parent() -> Callable[[], None] | None:
    """Return what makes Linux end a child whose manager was killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    set_parent_death_signal = 1
    return lambda: libc.prctl(set_parent_death_signal, signal.SIGTERM)


def parent_is_interrupted(parent: int) -> bool:
    """Say whether the `make` above us is gone, or waits for our end after a SIGINT.

    make passes SIGTERM on to its children but not SIGINT, which it takes to have come from a
    terminal: while it handles one, it blocks the signal and waits.
    """
    if "MAKELEVEL" not in os.environ:
        return False
    if os.getppid() != parent:
        return True
    try:
        status = Path(f"/proc/{parent}/status").read_text()
    except OSError:
        return False
    blocked = int(status.split("SigBlk:")[1].split(None, 1)[0], 16)
    return bool(blocked >> (signal.SIGINT - 1) & 1)


def say(text: str) -> None:
    """Write to whoever started us, who may have gone."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except OSError:
        return


if __name__ == "__main__":
    sys.exit(Manager().run())
