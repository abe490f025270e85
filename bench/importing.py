"""The import rate, beside a raw COPY of the same rows into the same table with the same indexes."""

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.db import ProgrammingError, connection, transaction

from bench import environment
from contacts.models import Contact, ContactStage
from crm.embedded import var_dir
from crm.history.services.recording import unrecorded
from crm.teams import services as team_services
from crm.teams.models import Membership, Team, User
from crm.tenancy.models import TeamModel
from crm.tenancy.scope import team_scope
from demo.services.inventing import SIZES, Inventor

IMPORTED, COPIED = "bench-import", "bench-copy"
HEADINGS = [
    "First Name",
    "Last Name",
    "Title",
    "Company",
    "Company Website",
    "Email",
    "Phone",
    "City",
    "State",
    "Country",
]


@dataclass(frozen=True, kw_only=True)
class Imported:
    """How fast a file came in, the first time and again, and what it took."""

    rows: int
    rows_per_s: float
    again_rows_per_s: float
    copy_rows_per_s: float
    unrecorded_rows_per_s: float  # with the history's triggers told to write nothing
    peak_mb: float


def measure_import(rows: int) -> Imported:
    """Import a file of so many rows into a new team, twice, and copy the result into another."""
    path = _file(rows)
    for slug in (IMPORTED, COPIED):
        _remove(slug)
    user = User.objects.get(email="demo@rapport.test")
    for slug in (IMPORTED, COPIED):
        team_services.create_team(name=slug, owner=user, slug=slug)
    try:
        seconds, peak_mb, line = _import(path)
        _check(line, rows, "created")
        again, _peak, line = _import(path)
        _check(line, rows, "skipped")
        copied = _copy()
        _remove(IMPORTED)
        team_services.create_team(name=IMPORTED, owner=user, slug=IMPORTED)
        unrecorded, _peak, line = _import(path, PGOPTIONS="-c rapport.history=off")
        _check(line, rows, "created")
    finally:
        for slug in (IMPORTED, COPIED):
            _remove(slug)
    return Imported(
        rows=rows,
        rows_per_s=rows / seconds,
        again_rows_per_s=rows / again,
        copy_rows_per_s=rows / copied,
        unrecorded_rows_per_s=rows / unrecorded,
        peak_mb=peak_mb,
    )


def _file(rows: int) -> Path:
    path = var_dir() / "bench" / f"people-{rows}.csv"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file).writerow
        write(HEADINGS)
        _write_rows(write, rows)
    return draft.rename(path)


def _write_rows(write: Callable[[list[str]], object], rows: int) -> None:
    inventor = Inventor("import", rare_surnames=True)
    number = written = 0
    while written < rows:
        company = inventor.company(number)
        taken: set[str] = set()
        for _place in range(min(SIZES[number % len(SIZES)], rows - written)):
            someone = inventor.someone(company, taken)
            write(
                [
                    someone.first_name,
                    someone.last_name,
                    someone.title,
                    company.name,
                    f"https://{company.domain}",
                    someone.email,
                    _phone(written),
                    someone.city.name,
                    someone.city.region,
                    someone.country.code,
                ]
            )
            written += 1
        number += 1


def _phone(number: int) -> str:
    """Return a phone number that nobody else in the file has: two rows with one may be one person."""
    return f"(617) {200 + number // 10_000:03d}-{number % 10_000:04d}"


def _import(path: Path, **environ: str) -> tuple[float, float, str]:
    """Return seconds, peak memory in MB and the last line of an import in a process of its own."""
    command = [sys.executable, "manage.py", "import_contacts", "--team", IMPORTED]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environ,
    )
    output = process.stdout.read() if process.stdout else ""
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"The import failed: {output}")
    return seconds, usage.ru_maxrss / 1024, output.strip().splitlines()[-1]


def _check(line: str, rows: int, outcome: str) -> None:
    """A rate counts only if the rows came in."""
    counts = {name: int(n) for name, n in re.findall(r"(\w+)=(\d+)", line)}
    if counts.get("rows") != rows or counts[outcome] < rows * 0.99:
        raise RuntimeError(f"The import is not as expected: {line}")


def _copy() -> float:
    """Return the seconds of one COPY of the contacts that were imported, with its commit."""
    source, target = (Team.objects.get(slug=slug).pk for slug in (IMPORTED, COPIED))
    with team_scope(target):
        stage = ContactStage.objects.get(is_first=True).pk
    names = [
        field.column
        for field in Contact._meta.concrete_fields
        if not field.generated and not field.primary_key
    ]
    own = {"team_id": str(target), "stage_id": str(stage)}
    foreign = {"account_id", "owner_id", "created_by_id", "deleted_by_id", "person_id"}
    values = [own.get(name, "NULL" if name in foreign else name) for name in names]
    path = var_dir() / "bench" / "copied-rows"
    address = environment.plain(environment.database_address())
    table, columns = Contact._meta.db_table, ", ".join(names)
    with psycopg.connect(address) as direct, direct.cursor() as cursor:
        select = f"SELECT {', '.join(values)} FROM {table} WHERE team_id = {source}"
        with path.open("wb") as file, cursor.copy(f"COPY ({select}) TO STDOUT") as copy:
            for part in copy:
                file.write(part)
        direct.commit()
        started = time.perf_counter()
        with (
            path.open("rb") as file,
            cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy,
        ):
            while part := file.read(256 * 1024):
                copy.write(part)
        direct.commit()
        seconds = time.perf_counter() - started
    path.unlink()
    return seconds


def _trust_order(cursor: Any) -> None:
    """Leave out the checks of each single reference, where the role may: all that refers goes too."""
    try:
        with transaction.atomic():
            cursor.execute("SET LOCAL session_replication_role = replica")
    except ProgrammingError:
        return


def _remove(slug: str) -> None:
    """Delete the team with everything it owns; constraints are deferred, so the order is free."""
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        return
    models = [model for model in apps.get_models() if issubclass(model, TeamModel)]
    models.remove(Membership)
    with transaction.atomic(), unrecorded(), connection.cursor() as cursor:
        _trust_order(cursor)
        for model in [*models, Membership]:
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"DELETE FROM {table} WHERE team_id = %s", [team.pk])
        cursor.execute("DELETE FROM teams_team WHERE id = %s", [team.pk])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
