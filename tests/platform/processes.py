"""What runs on this machine for one data folder, and waiting for it to change."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Return whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def of(var: Path) -> dict[int, str]:
    """Return the processes whose command line, environment or folder names the data folder."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes()
            words = command + b"\0" + (entry / "environ").read_bytes()
            place = str((entry / "cwd").readlink())
        except OSError:
            continue
        if os.fsencode(var) in words or place.startswith(str(var)):
            found[int(entry.name)] = command.replace(b"\0", b" ").decode(
                errors="replace"
            )
    return found


def owners(pids: Iterable[int]) -> set[int]:
    """Return whom the processes belong to that are still there."""
    found = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            found.add(Path(f"/proc/{pid}").stat().st_uid)
    return found


def kill_all(var: Path) -> None:
    """End everything at once and without warning."""
    for pid in of(var):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
