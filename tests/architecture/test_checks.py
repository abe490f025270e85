"""The system checks: each is proven to find what it is for, and weak settings keep the app down."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.test.utils import isolate_apps
from django.urls import path

from crm import checks
from crm.tenancy.models import TeamModel
from tests.architecture.conventions.rule import ROOT

STRONG_KEY = "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP"


def unguarded(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("t/<slug:team_slug>/unguarded/", unguarded, name="unguarded")]


@contextmanager
def known(model: type[models.Model], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the checks see one more model."""
    everything: Callable[..., Any] = apps.get_models
    with monkeypatch.context() as patch:
        patch.setattr(
            checks.apps, "get_models", lambda **kwargs: [*everything(**kwargs), model]
        )
        yield


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


class TestModelsAndViews:
    """Q5: what is left without a team is refused before the app starts."""

    def test_the_site_passes(self) -> None:
        assert run_checks() == []

    def test_e001_finds_a_team_view_without_a_permission(self, settings: Any) -> None:
        settings.ROOT_URLCONF = __name__

        assert ids(checks.every_team_view_names_a_permission(None)) == ["crm.E001"]

    @isolate_apps("contacts")
    def test_e002_finds_a_model_without_a_team(self, monkeypatch: Any) -> None:
        class Stray(models.Model):  # noqa: DJ008  # never shown
            class Meta:
                app_label = "contacts"

        with known(Stray, monkeypatch):
            assert ids(checks.every_model_belongs_to_a_team(None)) == ["crm.E002"]

    @isolate_apps("contacts")
    def test_e003_finds_a_plain_default_manager(self, monkeypatch: Any) -> None:
        class Loose(TeamModel):
            everything = models.Manager()
            team = models.BigIntegerField()

            class Meta:
                app_label = "contacts"

        with known(Loose, monkeypatch):
            assert ids(checks.every_model_belongs_to_a_team(None)) == ["crm.E003"]

    def test_every_model_outside_teams_has_a_reason(self) -> None:
        existing = {m._meta.label for m in apps.get_models(include_auto_created=True)}

        assert set(checks.GLOBAL_MODELS) <= existing
        assert all(len(reason) > 10 for reason in checks.GLOBAL_MODELS.values())


IN_PUBLIC = {
    "SITE_URL": "https://crm.example",
    "ALLOWED_HOSTS": "crm.example",
    "EMAIL_URL": "smtp://mail.example:25",
}
# Environment -> the refusal (security.md E5).
BAD_SETTINGS: dict[str, tuple[dict[str, str], str]] = {
    "no key": ({"SECRET_KEY": ""}, "SECRET_KEY"),
    "short key": ({"SECRET_KEY": "abc123"}, "crm.E010"),
    "repeated key": ({"SECRET_KEY": "ab" * 40}, "crm.E010"),
    "example key": ({"SECRET_KEY": f"django-insecure-{STRONG_KEY}"}, "crm.E010"),
    "every host": ({"ALLOWED_HOSTS": "*"}, "crm.E011"),
    "every host among others": ({"ALLOWED_HOSTS": "crm.example,*"}, "crm.E011"),
    "debug in public": ({**IN_PUBLIC, "DEBUG": "true"}, "crm.E012"),
    "plain cookies": ({**IN_PUBLIC, "SECURE_COOKIES": "false"}, "crm.E013"),
    "plain links": ({**IN_PUBLIC, "SITE_URL": "http://crm.example"}, "crm.E014"),
    "look-alike of the loopback": (
        {**IN_PUBLIC, "SITE_URL": "http://localhost.crm.example"},
        "crm.E014",
    ),
    "links in the log": ({**IN_PUBLIC, "EMAIL_URL": "consolemail://"}, "crm.E015"),
    "anybody's address": ({**IN_PUBLIC, "EMAIL_VERIFICATION": "none"}, "crm.E016"),
    "one address for all": (
        {**IN_PUBLIC, "TRUST_X_FORWARDED_PROTO": "true"},
        "crm.E017",
    ),
}


# One interpreter loads the application, and forks of it read their settings anew from an
# environment and run `manage.py check`: starting from nothing for each takes half a minute.
FORKS = """
import importlib, json, os, sys, tempfile
import django
from django.conf import empty, settings
from django.core.management import execute_from_command_line
django.setup()

def start(environment):
    errors = tempfile.TemporaryFile("w+")
    child = os.fork()
    if child:
        return child, errors
    os.dup2(errors.fileno(), 2)
    os.environ.update(environment)
    importlib.reload(sys.modules["crm.settings"])
    settings._wrapped = empty
    command = ["manage.py", "check", "--tag", "security", "--fail-level", "WARNING"]
    try:
        execute_from_command_line(command)
    except SystemExit as left:
        os._exit(left.code if isinstance(left.code, int) else 1)
    except BaseException as error:
        os.write(2, repr(error).encode())
        os._exit(1)
    os._exit(0)

def finish(child, errors):
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    errors.seek(0)
    return status, errors.read()

children = [start(environment) for environment in json.load(sys.stdin)]
print(json.dumps([finish(*child) for child in children]))
"""
GOOD_SETTINGS = {
    "SECRET_KEY": STRONG_KEY,
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "DEBUG": "false",
    "SITE_URL": "http://127.0.0.1:8000",
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_COOKIES": "true",
    "EMAIL_VERIFICATION": "mandatory",
    "EMAIL_URL": "consolemail://",
    "TRUST_X_FORWARDED_PROTO": "false",
    "TRUSTED_PROXY_COUNT": "0",
    "DJANGO_SETTINGS_MODULE": "crm.settings",
}


def test_weak_settings_are_refused() -> None:
    """Boot refuses weak settings (security.md E5): each of these, and no good ones."""
    tried = [
        IN_PUBLIC,
        {},
        *(environment for environment, _refusal in BAD_SETTINGS.values()),
    ]

    done = subprocess.run(
        [sys.executable, "-c", FORKS],
        cwd=ROOT,
        input=json.dumps([{**GOOD_SETTINGS, **environment} for environment in tried]),
        env={**os.environ, **GOOD_SETTINGS, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    public, local, *refused = json.loads(done.stdout.splitlines()[-1])
    assert (public[0], local[0]) == (0, 0), (public, local)
    for (name, (_environment, refusal)), (status, errors) in zip(
        BAD_SETTINGS.items(), refused, strict=True
    ):
        assert status != 0, name
        assert refusal in errors, f"{name}: {errors}"


@pytest.mark.django_db
def test_a_public_site_does_not_migrate_as_superuser(settings: Any) -> None:
    """Boot refuses a superuser database role (security.md E5).

    The embedded server's role is none; on a real one the suite may run as either.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        [is_superuser] = cursor.fetchone()
    found = {}
    for site_url in ("https://crm.example", "http://127.0.0.1:8000"):
        settings.SITE_URL = site_url
        found[site_url] = ids(
            checks.database_role_is_no_superuser(None, databases=["default"])
        )

    assert found == {
        "https://crm.example": ["crm.E020"] if is_superuser else [],
        "http://127.0.0.1:8000": [],
    }
