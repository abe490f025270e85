"""An import by real workers: one is killed half way, the next one finishes (product.md I4; security.md F21)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings as django_settings
from django.db import connection

from contacts.models import Contact, ContactPhone
from contacts.services.importing import uploads
from crm.celery import Queue, app
from crm.jobs import tasks
from crm.jobs.models import Job, JobRow
from crm.tenancy.scope import team_scope
from tests.factories import make_team

ROWS, CHUNK = 3000, 50
PATIENCE = 90
ROOT = Path(__file__).resolve().parents[2]


def broker_url() -> str:
    """Return the tests' Redis with a database of its own."""
    address, _question, _query = django_settings.CELERY_BROKER_URL.partition("?")
    if address.startswith("redis+socket:"):
        return f"{address}?virtual_host=15"
    return urlunsplit(urlsplit(address)._replace(path="/15"))


def database_url() -> str:
    parts = connection.settings_dict
    host = parts["HOST"] or parts["OPTIONS"].get("host") or "127.0.0.1"
    if host.startswith("/"):
        return f"postgres://{parts['USER']}@/{parts['NAME']}?host={host}&port={parts['PORT'] or 5432}"
    password = f":{parts['PASSWORD']}" if parts["PASSWORD"] else ""
    return (
        f"postgres://{parts['USER']}{password}@{host}:{parts['PORT']}/{parts['NAME']}"
    )


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    started: list[subprocess.Popen] = []
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "REDIS_URL": broker_url()
        .replace("redis+socket://", "unix://")
        .replace("virtual_host", "db"),
        "RAPPORT_VAR": str(tmp_path),
        "JOB_LEASE_SECONDS": "1",
        "IMPORT_CHUNK_ROWS": str(CHUNK),
    }

    def start() -> subprocess.Popen:
        command = [sys.executable, "-m", "celery", "--quiet", "--app", "crm", "worker"]
        options = ["--queues", ",".join(Queue), "--concurrency", "1"]
        log = (tmp_path / f"worker-{len(started)}.log").open("wb")
        started.append(
            subprocess.Popen(
                [*command, *options, "--without-mingle", "--without-gossip"],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def publish(task: Any, **kwargs: int) -> None:
    with app.connection_for_write(broker_url()) as broker:
        task.apply_async(kwargs=kwargs, connection=broker)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for too long"
        time.sleep(0.01)


@pytest.fixture
def job(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Job]:
    settings.MEDIA_ROOT = tmp_path / "files"
    with app.connection_for_write(broker_url()) as broker:
        broker.default_channel.client.flushdb()
    lines = ["Record ID,Name,Email,Phone"]
    lines += [
        # Every third row is about the person of the row before.
        f"R{n - (n % 3 == 2)},Person {n},p{n}@x.example,202-555-{n:04d}"
        for n in range(ROWS)
    ]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines))
    team = make_team("Acme")
    with team_scope(team.pk):
        with path.open("rb") as file:
            upload = uploads.receive_file(
                file, name=path.name, size=path.stat().st_size, country="US", by=None
            )
        yield uploads.start_import(upload, queue=False, checked=False, by=None)


@pytest.mark.slow
def test_a_killed_worker_loses_and_doubles_nothing(job, start_worker):
    first = start_worker()
    publish(tasks.run_job, team_id=job.team_id, job_id=job.pk)

    def is_under_way() -> bool:
        job.refresh_from_db()
        return job.done >= ROWS // 10

    wait_until(is_under_way)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    job.refresh_from_db()
    assert job.status == Job.Status.RUNNING
    assert job.done < ROWS, "the worker was faster than the kill"

    start_worker()
    swept = 0.0

    def is_done() -> bool:
        nonlocal swept
        if time.monotonic() > swept + 1:  # as beat does
            publish(tasks.resume_stalled_jobs)
            swept = time.monotonic()
        job.refresh_from_db()
        return job.is_finished

    wait_until(is_done)

    assert job.status == Job.Status.DONE
    assert job.counts == {"created": 2 * ROWS // 3, "updated": ROWS // 3}
    ledger = JobRow.objects.filter(job=job).order_by("number")
    assert list(ledger.values_list("number", flat=True)) == list(range(2, ROWS + 2))
    assert Contact.objects.count() == 2 * ROWS // 3
    assert ContactPhone.objects.count() == ROWS
