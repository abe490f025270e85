"""Two teams in one open transaction for all tests of a module; every request is undone."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from crm.celery import app
from tests.architecture import world as worlds
from tests.architecture.harness import Harness
from tests.architecture.samples import SAMPLES

# Everything of a request is undone, so nothing of it may be kept outside the database.
SETTINGS: dict[str, Any] = {
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
    "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "ALLOWED_HOSTS": ["testserver"],
}


@pytest.fixture(autouse=True)
def own_cache() -> None:
    """Replaces the fixture of the same name: here the cache lives in memory."""


@pytest.fixture(scope="module")
def world(
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[worlds.World]:
    files = tmp_path_factory.mktemp("files")
    logging.disable(logging.CRITICAL)  # thousands of refusals are expected
    eager = app.conf.task_always_eager, app.conf.task_eager_propagates
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    try:
        with (
            django_db_blocker.unblock(),
            override_settings(**SETTINGS, MEDIA_ROOT=files),
            time_machine.travel(worlds.NOW, tick=False),
            worlds.rolled_back(),
        ):
            yield worlds.build()
    finally:
        logging.disable(logging.NOTSET)
        app.conf.task_always_eager, app.conf.task_eager_propagates = eager


@pytest.fixture(scope="module")
def harness(world: worlds.World) -> Harness:
    return Harness(world, SAMPLES)
