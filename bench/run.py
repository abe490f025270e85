"""One run from data to results."""

import argparse
from collections.abc import Iterator

from django.core.management import call_command
from django.test import Client

from bench import importing, loading, measuring, pages, reporting
from bench.acts import measure_acts
from bench.server import WebServer
from contacts.models import Contact
from crm.teams.models import Membership
from crm.tenancy.scope import team_scope

FLOOR_SECONDS = 2


def run(options: argparse.Namespace) -> None:
    call_command("migrate", verbosity=0, interactive=False)
    loading.load(options.contacts, options.activities)
    team_id = loading.team_id()
    with team_scope(team_id):
        member = Membership.objects.select_related("user").order_by("pk")[0]
        wanted = [
            page for page in pages.pages(options.contacts) if options.only in page.name
        ]
    floors, hello = measure_floors(team_id, wanted)
    reporting.show_heading()
    rows = []
    with WebServer() as server:
        for row in measure_pages(server, member, wanted, floors, options.seconds):
            reporting.show_row(row)
            rows.append(row)
        machine = reporting.Machine(
            cold_start_s=server.start_seconds,
            memory_mb=server.memory_mb(),
            hello_ms=hello[0],
            hello_rps_8=hello[1],
        )
    acts = measure_acts(team_id) if options.acts else []
    imported = None
    if options.import_rows:
        imported = importing.measure_import(options.import_rows)
    reporting.write(options.contacts, options.activities, rows, imported)
    reporting.show_machine(machine)
    reporting.show_ratios(rows, imported)
    reporting.show_acts(acts)


def measure_floors(
    team_id: int, wanted: list[pages.Page]
) -> tuple[dict[str, float], tuple[float, float]]:
    """Return the median of each bare view, and of one that says hello with its rate at eight clients."""
    contact_ids = [
        path.rstrip("/").rsplit("/", 1)[-1]
        for page in wanted
        if page.name == "profile"
        for path in page.paths
    ]
    if not contact_ids:
        with team_scope(team_id):
            contact_ids = [str(Contact.objects.order_by("pk").values_list("pk")[0][0])]
    paths = {
        "hello": ["/healthz"],
        "people": [f"/{team_id}/people/"],
        "contact": [f"/{team_id}/contacts/{pk}/" for pk in contact_ids],
    }
    found = {}
    with WebServer("bench.bare_wsgi:application", "bench.bare_settings") as server:
        for name, addresses in paths.items():
            requests = [
                f"GET {path} HTTP/1.1\r\nHost: {pages.HOST}\r\n\r\n"
                for path in addresses
            ]
            load = measuring.fetch(
                server, requests, clients=1, seconds=FLOOR_SECONDS, status=200
            )
            found[name] = load.p50_ms
            if name == "hello":
                eight = measuring.fetch(
                    server, requests, clients=8, seconds=FLOOR_SECONDS, status=200
                )
    return found, (found["hello"], eight.per_second)


def measure_pages(
    server: WebServer,
    member: Membership,
    wanted: list[pages.Page],
    floors: dict[str, float],
    seconds: float,
) -> Iterator[reporting.Row]:
    client = Client()
    session, csrf = pages.sign_in(client, member)
    for page in wanted:
        requests = page.requests(session, csrf)
        one, eight = (
            measuring.fetch(
                server, requests, clients=n, seconds=seconds, status=page.status
            )
            for n in (1, 8)
        )
        answer = measuring.look_at(page, client, server, requests[0])
        yield reporting.Row(
            name=page.name,
            p50_ms=one.p50_ms,
            p95_ms=one.p95_ms,
            rps_1=one.per_second,
            rps_8=eight.per_second,
            queries=answer.queries,
            bytes=answer.size,
            compressed=answer.compressed,
            cpu_ms=one.cpu_ms,
            sql_ms=measuring.sql_alone_ms(answer.statements),
            floor_ms=floors[page.floor],
        )
