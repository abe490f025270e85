"""One page measured: over HTTP, in queries and bytes, and its SQL alone."""

import gzip
import json
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench import environment
from bench.client import Connection
from bench.pages import HOST, Page
from bench.server import WebServer, python

WARM_UP_SECONDS = 1.5
WARM_UP_CLIENTS = 8  # enough to reach both workers
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_NUMBERS = iter(range(1, 10**8, 10**5))


class Failed(RuntimeError):
    """A page did not answer as it should."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came out of fetching something for some seconds."""

    p50_ms: float
    p95_ms: float
    per_second: float
    cpu_ms: float  # of the web workers, for one request


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of a page, looked at more closely."""

    queries: int
    statements: Sequence[str]
    size: int
    compressed: int


def fetch(
    server: WebServer,
    requests: Sequence[str],
    *,
    clients: int,
    seconds: float,
    status: int,
) -> Load:
    """Fetch the requests in turn; raise Failed for any other status. One client goes first, and warms up."""
    if clients == 1:
        _fetch(
            server,
            requests,
            clients=WARM_UP_CLIENTS,
            seconds=WARM_UP_SECONDS,
            status=status,
        )
    before = server.cpu_seconds()
    found = _fetch(server, requests, clients=clients, seconds=seconds, status=status)
    used = server.cpu_seconds() - before
    latencies = sorted(found["latencies"])
    return Load(
        p50_ms=statistics.median(latencies) * 1000,
        p95_ms=latencies[int(len(latencies) * 0.95)] * 1000,
        per_second=len(latencies) / found["seconds"],
        cpu_ms=used / len(latencies) * 1000,
    )


def _fetch(
    server: WebServer,
    requests: Sequence[str],
    *,
    clients: int,
    seconds: float,
    status: int,
) -> dict[str, Any]:
    plan = {
        "host": HOST,
        "port": server.port,
        "requests": requests,
        "clients": clients,
        "seconds": seconds,
        "status": status,
        "first_number": next(_NUMBERS),
    }
    done = subprocess.run(
        python("bench.client"),
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    if found["failures"] or not found["latencies"]:
        raise Failed(f"{requests[0].splitlines()[0]}: {found['failures']}")
    return found


def look_at(page: Page, client: Client, server: WebServer, request: str) -> Answer:
    """Return the queries of one answer, counted in this process, and its bytes on the wire."""
    for _attempt in range(2):  # the first one may fill caches
        # Taken back, so that the statements can be run again as they are.
        with transaction.atomic(), CaptureQueriesContext(connection) as captured:
            status = _ask(page, client)
            transaction.set_rollback(True)
        if status != page.status:
            raise Failed(f"{page.name}: {status}")
    statements = [query["sql"] for query in captured.captured_queries]
    statements = [sql for sql in statements if not sql.startswith(_CONTROL)]
    _status, head, body = Connection(HOST, server.port).fetch(request.encode())
    is_compressed = b"content-encoding: gzip" in head.lower()
    return Answer(
        queries=len(statements),
        statements=statements,
        size=len(gzip.decompress(body)) if is_compressed else len(body),
        compressed=len(body),
    )


def _ask(page: Page, client: Client) -> int:
    if not page.form:
        return client.get(page.paths[0], headers={"host": HOST}).status_code
    headers = {"host": HOST, "hx-request": "true", "hx-target": "w-account-overview"}
    form = {**page.form, "token": f"bench-look-{time.time_ns()}"}
    return client.post(page.paths[0], form, headers=headers).status_code


def sql_alone_ms(statements: Sequence[str], *, rounds: int = 40) -> float:
    """Return the median time of the statements through psycopg, rolled back afterwards."""
    address = environment.plain(environment.database_address())
    options = settings.DATABASES["default"]["OPTIONS"]["options"]
    took = []
    with psycopg.connect(address, options=options) as direct:
        for _round in range(rounds):
            started = time.perf_counter()
            for statement in statements:
                found = direct.execute(statement)
                if found.description:
                    found.fetchall()
            took.append(time.perf_counter() - started)
            direct.rollback()
    return statistics.median(took) * 1000
