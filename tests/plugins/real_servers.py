"""Print the addresses of the PostgreSQL and Redis on the standard local ports, for tools/test-real.

The suite's role is no superuser, as in production; its password is new each time.
"""

import os
import secrets
import socket
import sys

import psycopg
from psycopg import sql

HOST = "127.0.0.1"
ROLE = "rapport_suite"
REDIS_DATABASE = 15
NOT_THERE = 3  # the exit code; any other but 0 is a failure


def missing() -> list[str]:
    """Return what does not answer."""
    found = []
    for name, port in {"PostgreSQL": 5432, "Redis": 6379}.items():
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex((HOST, port)):
                found.append(f"no {name} on {HOST}:{port}")
    return found


def make_role(password: str) -> None:
    """Make the role, which makes its own database; log in as PGUSER, or postgres."""
    user = os.environ.get("PGUSER", "postgres")
    with psycopg.connect(
        host=HOST, user=user, dbname="postgres", autocommit=True
    ) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        verb = sql.SQL("ALTER" if known.rowcount else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                verb, sql.Identifier(ROLE), sql.Literal(password)
            )
        )


def main() -> int:
    if absent := missing():
        sys.stdout.write(", ".join(absent))
        return NOT_THERE
    password = secrets.token_hex(16)
    make_role(password)
    sys.stdout.write(
        f"DATABASE_URL=postgres://{ROLE}:{password}@{HOST}:5432/{ROLE}\n"
        f"REDIS_URL=redis://{HOST}:6379/{REDIS_DATABASE}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
