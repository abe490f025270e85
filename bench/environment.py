"""The servers and the settings of a run: the production ones, on this machine, with a database of their own."""

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from crm import embedded, local

# Loaded by an older version of the made-up data, a database is loaded anew.
VERSION = 1
PREFIX = "bench "


class NotOurs(RuntimeError):
    """The database was not made by a run of this kind, so it is not thrown away."""


@contextlib.contextmanager
def servers(
    database: str, wanted: str, *, fresh: bool = False, drop: bool = False
) -> Iterator[None]:
    """Point the environment at a database for the content that is `wanted`.

    One that holds something else, or anything when `fresh` is set, is made anew; `drop` throws it
    away at the end.
    """
    local.configure()
    # The pages are fetched over plain http, straight from the web server.
    os.environ["SECURE_COOKIES"] = "false"
    os.environ["EMAIL_VERIFICATION"] = "none"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    with embedded.default_servers():
        address = os.environ.get("DATABASE_URL") or embedded.database_url()
        _provide(address, database, wanted, fresh=fresh)
        parts = urlsplit(address)
        os.environ["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{database}"))
        yield
        if drop:
            with psycopg.connect(plain(address), autocommit=True) as connection:
                _drop(connection, database)


def _provide(address: str, database: str, wanted: str, *, fresh: bool) -> None:
    with psycopg.connect(plain(address), autocommit=True) as connection:
        content = _content(connection, database)
        if content and (fresh or content != wanted):
            _drop(connection, database)
            content = None
        if content is None:
            create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database))
            connection.execute(create)


def _content(connection: psycopg.Connection, database: str) -> str | None:
    """Return what the database says it holds, "" if nothing, None if it does not exist."""
    found = connection.execute(
        "SELECT coalesce(shobj_description(oid, 'pg_database'), '')"
        " FROM pg_database WHERE datname = %s",
        [database],
    ).fetchone()
    return found[0] if found else None


def _drop(connection: psycopg.Connection, database: str) -> None:
    if not (_content(connection, database) or "").startswith(PREFIX):
        raise NotOurs(f"The database {database} is not one of the bench.")
    name = sql.Identifier(database)
    connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def plain(address: str) -> str:
    """Return the address as libpq takes it."""
    return address.replace("postgres://", "postgresql://", 1)


def content(contacts: int, activities: int) -> str:
    """Return what a database of that size says about itself."""
    return f"{PREFIX}{VERSION}: contacts={contacts} activities={activities}"


def database_address() -> str:
    """Return the address of the database that is measured."""
    return os.environ["DATABASE_URL"]
