"""The web process."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
# A page that needs longer than this is a defect; workers and commands have no such limit.
os.environ.setdefault("DB_STATEMENT_TIMEOUT_MS", "5000")
os.environ.setdefault("DB_LOCK_TIMEOUT_MS", "3000")

application = get_wsgi_application()


def refuse_unsafe_settings() -> None:
    """Run the checks of settings, which an application server would not run by itself."""
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415  # needs configured settings

    from crm.checks import settings_are_safe  # noqa: PLC0415  # needs loaded apps

    if errors := settings_are_safe(None):
        raise ImproperlyConfigured(
            "; ".join(f"{error.msg}. {error.hint}" for error in errors)
        )


refuse_unsafe_settings()

# What is loaded by now stays: the collector need not look at it again and again while pages,
# which leave few cycles, are made.
gc.collect()
gc.freeze()
gc.set_threshold(25_000, 20, 50)
