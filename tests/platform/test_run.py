import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm import embedded, ports
from tests.platform import processes

READY = (
    "Rapport is ready: http://127.0.0.1:{port}/"
    "  sign in as demo@rapport.test with password demo-rapport\n"
)


def _heed_interrupts() -> None:
    """Listen to Ctrl-C, which whatever runs in the background of a shell has been told to ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Application:
    """All of Rapport, started through make as a person does it, on data of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.var = folder / "a checkout" / "var"
        makefile = folder / "Makefile"
        makefile.write_text(
            f"run:\n\t@cd '{embedded.CHECKOUT}' && exec '{sys.executable}' -m crm.run\n"
        )
        environment = {
            name: value
            for name, value in os.environ.items()
            if name
            not in {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
        }
        environment |= {"RAPPORT_VAR": str(self.var), "PORT": str(port)}
        self.make = subprocess.Popen(
            ["make", "--no-print-directory", "-f", makefile, "run"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            preexec_fn=_heed_interrupts,
        )

    def read_until_ready(self) -> list[str]:
        """Return what was printed up to the line that says it is ready, or to the end."""
        assert self.make.stdout is not None
        lines = []
        for line in self.make.stdout:
            lines.append(line)
            if line.startswith("Rapport is ready"):
                break
        return lines

    def end(self, number: int) -> float:
        """Signal make alone, and return how many seconds the end took."""
        start = time.monotonic()
        self.make.send_signal(number)
        self.make.communicate(timeout=30)
        return time.monotonic() - start


@contextlib.contextmanager
def application(folder: Path) -> Iterator[Application]:
    app = Application(folder, ports.free_port(8100 + os.getpid() % 500))
    try:
        yield app
    finally:
        app.make.kill()
        app.make.communicate()
        processes.kill_all(app.var)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all starts: only the first has to make its database."""
    return tmp_path_factory.mktemp("run")


@pytest.mark.slow
@pytest.mark.xdist_group("run")
class TestRun:
    """`make run` is all a newcomer needs, and Ctrl-C leaves nothing behind."""

    def test_says_when_it_is_ready_and_ends_completely(self, folder: Path) -> None:
        with application(folder) as app:
            lines = app.read_until_ready()
            answered = ports.answers(f"http://127.0.0.1:{app.port}/readyz")
            closed = [app.var / "log", app.var / "run", app.var / "postgres"]
            modes = {folder.name: folder.stat().st_mode & 0o077 for folder in closed}
            seconds = app.end(signal.SIGINT)
            left = processes.of(app.var)

        assert lines[-1] == READY.format(port=app.port)
        assert answered
        # The log holds links that sign people in, and a lock there would stop Redis.
        assert modes == {"log": 0, "run": 0, "postgres": 0}
        assert seconds < 10
        assert left == {}

    def test_starts_again_after_everything_was_killed(self, folder: Path) -> None:
        with application(folder) as app:
            assert app.read_until_ready()[-1].startswith("Rapport is ready")
        with application(folder) as app:
            lines = app.read_until_ready()
            seconds = app.end(signal.SIGTERM)
            left = processes.of(app.var)

        assert lines[-1] == READY.format(port=app.port)
        assert seconds < 10
        assert left == {}

    def test_ends_as_a_whole_when_one_process_dies(self, folder: Path) -> None:
        with application(folder) as app:
            app.read_until_ready()
            [worker] = [
                pid
                for pid, command in processes.of(app.var).items()
                if " celery " in command
                and " worker " in command
                and os.getpgid(pid) == pid
            ]
            os.kill(worker, signal.SIGKILL)
            output, _ = app.make.communicate(timeout=30)
            left = processes.of(app.var)

        assert "worker ended unexpectedly" in output
        assert app.make.returncode != 0
        assert left == {}

    def test_refuses_a_second_start_from_the_same_folder(self, tmp_path: Path) -> None:
        lock = tmp_path / "a checkout" / "var" / "run" / "app.lock"
        lock.parent.mkdir(parents=True)
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            held.write("http://127.0.0.1:8765/")
            held.flush()
            with application(tmp_path) as app:
                output, _ = app.make.communicate(timeout=30)

        assert "already runs from this folder. http://127.0.0.1:8765/" in output
        assert app.make.returncode != 0


RESERVE = """
import sys
from crm import ports
with ports.reserved_port(int(sys.argv[1])) as port:
    print(port, flush=True)
    sys.stdin.read()
"""


class TestPort:
    def test_is_never_given_to_two_that_start_together(self) -> None:
        first = ports.free_port(20000 + os.getpid() % 20000)
        command = [sys.executable, "-c", RESERVE, str(first)]
        with contextlib.ExitStack() as stack:
            starting = [
                stack.enter_context(
                    subprocess.Popen(
                        command,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        text=True,
                        cwd=embedded.CHECKOUT,
                    )
                )
                for _ in range(4)
            ]
            given = [process.stdout.readline() for process in starting]
            for process in starting:
                process.stdin.close()

        assert "" not in given
        assert len(set(given)) == len(starting)

    def test_stays_open_for_the_server_that_shares_it(self) -> None:
        first = ports.free_port(20000 + os.getpid() % 20000)
        with ports.reserved_port(first) as port, socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind(("127.0.0.1", port))
            server.listen()

            assert ports.free_port(port) != port

    def test_skips_a_port_that_is_taken(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]

            assert port < ports.free_port(port) < port + ports.PORTS_TRIED
