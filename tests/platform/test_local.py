import os
from pathlib import Path

import pytest

from crm import local

NAMES = (
    "DATABASE_URL",
    "SECRET_KEY",
    "SITE_URL",
    "SECURE_COOKIES",
    "EMAIL_VERIFICATION",
)


@pytest.fixture(autouse=True)
def unconfigured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation where nothing is set; the environment comes back after the test."""
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAPPORT_VAR", str(tmp_path / "var"))


class TestConfigure:
    """A checkout without configuration is safe on its own machine, and only there (E5)."""

    def test_makes_a_key_once_that_nobody_else_can_read(self, tmp_path: Path) -> None:
        local.configure()
        first = os.environ.pop("SECRET_KEY")
        local.configure()

        path = tmp_path / "var" / "secret-key"
        assert os.environ["SECRET_KEY"] == first == path.read_text()
        assert len(first) >= 50
        assert path.stat().st_mode & 0o777 == 0o600

    def test_leaves_what_is_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SECRET_KEY", "from elsewhere")

        local.configure()

        assert os.environ["SECRET_KEY"] == "from elsewhere"

    def test_relaxes_cookies_for_the_loopback_address(self) -> None:
        local.configure("http://127.0.0.1:8001")

        assert os.environ["SITE_URL"] == "http://127.0.0.1:8001"
        assert os.environ["SECURE_COOKIES"] == "false"

    def test_relaxes_nothing_for_a_public_address(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SITE_URL", "https://crm.example.com")

        local.configure()

        assert "SECURE_COOKIES" not in os.environ
        assert "EMAIL_VERIFICATION" not in os.environ


class TestDefaults:
    def test_touch_no_configured_installation(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/rapport")

        with local.defaults(["manage.py", "migrate"]):
            assert "SECRET_KEY" not in os.environ

        assert not (tmp_path / "var").exists()

    @pytest.mark.parametrize("command", ["check", "collectstatic", "--help"])
    def test_start_nothing_for_a_command_without_a_database(
        self, tmp_path: Path, command: str
    ) -> None:
        with local.defaults(["manage.py", command]):
            assert os.environ["SECRET_KEY"]

        assert not (tmp_path / "var" / "run").exists()
