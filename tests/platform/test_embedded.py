import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from crm import embedded
from tests.platform import processes

pytestmark = pytest.mark.slow

USER_PROGRAM = """
import sys
from pathlib import Path
from crm import embedded
with embedded.start_postgres(Path(sys.argv[1]), durable=False):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def var(tmp_path: Path) -> Iterator[Path]:
    """A data folder as a checkout may have it: below a closed folder, with a space in its path."""
    folder = tmp_path / "a checkout" / "var"
    yield folder
    processes.kill_all(folder)


def another_user(var: Path) -> subprocess.Popen[str]:
    """Start a second process that uses the same PostgreSQL until its input closes."""
    user = subprocess.Popen(
        [sys.executable, "-c", USER_PROGRAM, str(var)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=embedded.CHECKOUT,
    )
    assert user.stdout is not None
    assert user.stdout.readline() == "ready\n"
    return user


def query(var: Path, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(embedded.database_url(var), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


class TestAddresses:
    """Addresses are computed, short, and different for every data folder."""

    def test_fit_into_a_socket_address_however_long_the_path(self) -> None:
        long = Path("/" + "/".join(["a long folder name"] * 20))

        path = embedded.redis_url(long).removeprefix("unix://")

        assert len(path) < 100

    def test_differ_between_checkouts(self) -> None:
        one, two = Path("/one/var"), Path("/two/var")

        assert embedded.database_url(one) != embedded.database_url(two)
        assert embedded.redis_url(one) != embedded.redis_url(two)

    def test_follow_the_data_folder(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("RAPPORT_VAR", str(tmp_path))

        assert embedded.database_url() == embedded.database_url(tmp_path)

    def test_start_nothing(self, var: Path) -> None:
        embedded.database_url(var)
        embedded.redis_url(var)

        assert not var.exists()


class TestPostgres:
    def test_has_the_extensions_for_a_role_that_is_no_superuser(
        self, var: Path
    ) -> None:
        with embedded.start_postgres(var, durable=False):
            for extension in ("pg_trgm", "unaccent", "btree_gin"):
                query(var, f"CREATE EXTENSION {extension}")
            [(version, superuser)] = query(
                var,
                "SELECT current_setting('server_version_num')::int, rolsuper"
                " FROM pg_roles WHERE rolname = current_user",
            )
            [(trigrams,)] = query(var, "SELECT show_trgm('мир') <> '{}'")

        assert trigrams, "words beyond ASCII are not indexed"
        assert version >= 180000
        assert superuser is False

    def test_never_runs_as_root(self, var: Path) -> None:
        with embedded.start_postgres(var, durable=False):
            # One that it has just forked is called like the server itself for a moment.
            servers = [
                pid
                for pid, command in processes.of(var).items()
                if "/bin/postgres -D" in command
            ]
            owners = processes.owners(servers)

        assert len(owners) == 1
        assert 0 not in owners
        assert os.getuid() == 0 or owners == {os.getuid()}

    def test_keeps_its_data_and_leaves_no_process(self, var: Path) -> None:
        with embedded.start_postgres(var):
            query(var, "CREATE TABLE kept AS SELECT 42 AS number")
        left = processes.of(var)
        with embedded.start_postgres(var):
            rows = query(var, "SELECT number FROM kept")

        assert left == {}
        assert rows == [(42,)]
        assert processes.of(var) == {}

    @pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
    def test_takes_over_what_a_user_with_another_number_left(self, var: Path) -> None:
        with embedded.start_postgres(var), embedded.start_redis(var):
            query(var, "CREATE TABLE kept AS SELECT 42 AS number")
            redis.from_url(embedded.redis_url(var)).lpush("queue", "task")
        stranger = 64_000
        for path in (var / "postgres").rglob("*"):
            os.chown(path, stranger, stranger)
        os.chown(var / "redis" / "appendonly.aof", stranger, stranger)

        with embedded.start_postgres(var), embedded.start_redis(var):
            queued = redis.from_url(embedded.redis_url(var)).lrange("queue", 0, -1)
            rows = query(var, "SELECT number FROM kept")

        assert (rows, queued) == ([(42,)], [b"task"])

    def test_ends_with_its_last_user(self, var: Path) -> None:
        server = embedded.start_postgres(var, durable=False)
        user = another_user(var)

        server.stop()
        answer = query(var, "SELECT 1")
        user.communicate()

        assert answer == [(1,)]
        assert processes.until(lambda: processes.of(var) == {})

    def test_ends_when_its_only_user_is_killed(self, var: Path) -> None:
        user = another_user(var)

        user.kill()
        user.communicate()

        assert processes.until(lambda: processes.of(var) == {})

    def test_starts_again_after_everything_was_killed(self, var: Path) -> None:
        with embedded.start_postgres(var) as server:
            query(var, "CREATE TABLE kept AS SELECT 42 AS number")
            processes.kill_all(var)
            server.release()

        with embedded.start_postgres(var):
            rows = query(var, "SELECT number FROM kept")

        assert rows == [(42,)]

    def test_starts_when_another_program_has_the_number_of_the_last_server(
        self, var: Path
    ) -> None:
        embedded.start_postgres(var, durable=False).stop()
        owner = (var / "postgres").stat().st_uid
        other = subprocess.Popen(["sleep", "600"], user=owner)
        pid_file = var / "postgres" / "postmaster.pid"
        pid_file.write_text(f"{other.pid}\n{var}\n1\n5432\n")

        try:
            with embedded.start_postgres(var, durable=False):
                assert query(var, "SELECT 1") == [(1,)]
        finally:
            other.kill()
            other.wait()

    def test_starts_over_when_its_first_start_was_cut_short(self, var: Path) -> None:
        half_made = var / "postgres.new"
        half_made.mkdir(parents=True)
        (half_made / "PG_VERSION").write_text("18\n")

        with embedded.start_postgres(var, durable=False):
            assert query(var, "SELECT 1") == [(1,)]

    def test_two_checkouts_run_at_once(self, var: Path) -> None:
        other = var.parent / "other"

        with embedded.start_postgres(var), embedded.start_postgres(other):
            query(var, "CREATE TABLE mine ()")
            tables = query(other, "SELECT 1 FROM pg_tables WHERE tablename = 'mine'")

        assert tables == []

    def test_says_why_it_did_not_start(self, var: Path) -> None:
        embedded.start_postgres(var, durable=False).stop()
        (var / "postgres" / "PG_VERSION").write_text("9\n")

        with pytest.raises(embedded.ServerFailed, match="not compatible"):
            embedded.start_postgres(var)

        assert processes.of(var) == {}

    def test_refuses_a_socket_folder_of_somebody_else(
        self, var: Path, tmp_path: Path
    ) -> None:
        place = embedded.Server("postgres", var).socket_dir.parent
        place.symlink_to(tmp_path)

        try:
            with pytest.raises(embedded.ServerFailed, match="belongs to somebody else"):
                embedded.start_postgres(var)
        finally:
            place.unlink()


class TestRedis:
    def test_keeps_what_is_queued_and_leaves_no_process(self, var: Path) -> None:
        with embedded.start_redis(var):
            redis.from_url(embedded.redis_url(var)).lpush("queue", "task")
        left = processes.of(var)
        with embedded.start_redis(var):
            queued = redis.from_url(embedded.redis_url(var)).lrange("queue", 0, -1)

        assert left == {}
        assert queued == [b"task"]

    def test_listens_on_no_port(self, var: Path) -> None:
        with embedded.start_redis(var):
            config = redis.from_url(embedded.redis_url(var)).config_get("port")

        assert config == {"port": "0"}

    def test_starts_again_after_everything_was_killed(self, var: Path) -> None:
        with embedded.start_redis(var) as server:
            client = redis.from_url(embedded.redis_url(var))
            client.lpush("queue", "task")
            processes.kill_all(var)
            server.release()

        with embedded.start_redis(var):
            assert redis.from_url(embedded.redis_url(var)).ping()


class TestDefaultServers:
    def test_start_only_what_is_not_configured(
        self, var: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/rapport")
        monkeypatch.delenv("REDIS_URL")

        with embedded.default_servers(var) as servers:
            names = [server.name for server in servers]

        assert names == ["redis"]
        assert not (var / "postgres").exists()

    def test_a_dead_server_is_noticed(self, var: Path) -> None:
        with embedded.start_redis(var) as server:
            for pid, command in processes.of(var).items():
                if "redis-server" in command and "keeper" not in command:
                    os.kill(pid, signal.SIGKILL)

            assert processes.until(lambda: not server.is_alive())
