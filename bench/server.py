"""The web servers that are measured: the product's, and the bare one of the floors."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from crm.ports import answers, free_port
from crm.run import web_command

START_SECONDS = 60


class WebServer:
    """A production web server with two workers, as `make run` starts it."""

    def __init__(
        self, application: str = "crm.wsgi:application", settings: str = ""
    ) -> None:
        self.port = free_port(8900)
        *command, _application = web_command(self.port)
        self.command = [*command, application]
        self.environment = dict(os.environ)
        if settings:
            self.environment["DJANGO_SETTINGS_MODULE"] = settings

    def __enter__(self) -> Self:
        started = time.perf_counter()
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not answers(f"http://127.0.0.1:{self.port}/healthz"):
            if self.process.poll() is not None:
                raise RuntimeError(f"The web server ended: {self._last_words()}")
            if time.perf_counter() - started > START_SECONDS:
                self.__exit__(None, None, None)
                raise RuntimeError("The web server did not start")
            time.sleep(0.01)
        self.start_seconds = time.perf_counter() - started
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def memory_mb(self) -> float:
        """Return what the server and its workers use, shared pages counted once."""
        return sum(_proportional_kb(pid) for pid in self._processes()) / 1024

    def cpu_seconds(self) -> float:
        """Return the processor time that the server and its workers took so far."""
        ticks = 0
        for pid in self._processes():
            stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(stat[11]) + int(stat[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [self.process.pid, *map(int, children.read_text().split())]

    def _last_words(self) -> str:
        output = self.process.stderr.read() if self.process.stderr else ""
        return output[-2000:]


def _proportional_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def python(module: str) -> list[str]:
    return [sys.executable, "-m", module]
