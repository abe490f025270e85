"""What a run found, for a program and for a person."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.acts import Acted
from bench.importing import Imported

RESULTS = Path(__file__).parent / "results.json"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One page."""

    name: str
    p50_ms: float
    p95_ms: float
    rps_1: float
    rps_8: float
    queries: int
    bytes: int  # of the HTML; `compressed` is what travels
    compressed: int
    cpu_ms: float  # of the web workers, for one request
    sql_ms: float  # its statements alone, through psycopg
    floor_ms: float  # a bare Django view of the same data

    @property
    def floor_ratio(self) -> float:
        return self.p50_ms / self.floor_ms


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the server itself takes."""

    cold_start_s: float
    memory_mb: float
    hello_ms: float
    hello_rps_8: float


def write(
    contacts: int, activities: int, rows: Sequence[Row], imported: Imported | None
) -> None:
    """Write bench/results.json."""
    found: dict[str, Any] = {
        "contacts": contacts,
        "activities": activities,
        "rows": [
            {
                "name": row.name,
                "p50_ms": round(row.p50_ms, 2),
                "p95_ms": round(row.p95_ms, 2),
                "rps_1": round(row.rps_1, 1),
                "rps_8": round(row.rps_8, 1),
                "queries": row.queries,
                "bytes": row.bytes,
                "floor_ratio": round(row.floor_ratio, 2),
            }
            for row in rows
        ],
        "import": {
            name: round(value)
            for name, value in (asdict(imported) if imported else {}).items()
            if name in ("rows_per_s", "copy_rows_per_s", "peak_mb")
        },
    }
    RESULTS.write_text(f"{json.dumps(found, indent=2)}\n")


def show_row(row: Row) -> None:
    print(
        f"{row.name:<26}{row.p50_ms:>8.1f}{row.p95_ms:>8.1f}{row.rps_1:>8.0f}"
        f"{row.rps_8:>8.0f}{row.queries:>6}{row.bytes / 1024:>8.0f}"
        f"{row.compressed / 1024:>6.0f}{row.cpu_ms:>7.1f}{row.sql_ms:>8.1f}{row.floor_ms:>8.1f}"
        f"{row.floor_ratio:>7.1f}",
        flush=True,
    )


def show_heading() -> None:
    print(
        "Client, server and database share this machine's cores. Times in ms, sizes in KB."
    )
    print(
        f"{'page':<26}{'p50':>8}{'p95':>8}{'rps 1':>8}{'rps 8':>8}{'SQL n':>6}"
        f"{'HTML':>8}{'gzip':>6}{'CPU':>7}{'SQL':>8}{'floor':>8}{'ratio':>7}"
    )


def show_machine(machine: Machine) -> None:
    print(
        f"Cold start {machine.cold_start_s:.1f} s, memory of server and two workers"
        f" {machine.memory_mb:.0f} MB; a bare Django view answers in {machine.hello_ms:.2f} ms,"
        f" {machine.hello_rps_8:.0f} requests/s at eight clients."
    )


def show_ratios(rows: Sequence[Row], imported: Imported | None) -> None:
    """The last lines: how far each page is from its floor, and the import from a COPY."""
    print(
        "\nTimes the floor (a bare Django view of the same data; the goal is at most 4):"
    )
    for row in rows:
        print(
            f"  {row.name:<26}{row.floor_ratio:>6.1f} x"
            f"   SQL is {row.sql_ms / row.p50_ms:.0%} of the page"
        )
    if imported:
        share = imported.rows_per_s / imported.copy_rows_per_s
        print(
            f"Import of {imported.rows} rows: {imported.rows_per_s:.0f} rows/s, again with every"
            f" row known {imported.again_rows_per_s:.0f} rows/s, peak {imported.peak_mb:.0f} MB;"
            f" a raw COPY of the contacts {imported.copy_rows_per_s:.0f} rows/s: {share:.0%} of it."
        )
        cost = imported.unrecorded_rows_per_s / imported.rows_per_s - 1
        print(f"The history makes the import {cost:+.0%} longer.")


def show_acts(acts: Sequence[Acted]) -> None:
    for act in acts:
        print(
            f"{act.name}, {act.rows} rows: {act.seconds:.1f} s; its undo {act.undo_seconds:.1f} s"
        )
