"""Reading the next chunk while the database works on this one."""

import contextlib
import gc
import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_END = object()


def read_ahead(source: Iterator[T], *, depth: int = 1) -> Generator[T]:  # noqa: C901  # two ends of one queue
    """Yield what `source` yields, while a thread is up to `depth` + 1 items ahead.

    The source must not touch the database: connections belong to threads.
    """
    ready: queue.Queue[Any] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: Any) -> None:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=0.2)
                return

    def work() -> None:
        try:
            for item in source:
                put(item)
                if stopped.is_set():
                    return
            put(_END)
        except BaseException as error:  # raised again where it is awaited
            put(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let Python look for garbage in cycles rarely: rows by the thousand hold none.

    With the usual thresholds that search takes a third of an import's Python time, because every
    row allocates a dozen objects while all of Django is in memory.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
