"""What the log says of a request that was refused."""

import io
import logging

import pytest
from django.urls import reverse

from crm.logs import NoTracebackOfRefusals


@pytest.fixture
def log():
    """What the handler of the settings writes meanwhile."""
    handler = next(
        handler
        for handler in logging.getLogger().handlers
        if any(isinstance(found, NoTracebackOfRefusals) for found in handler.filters)
    )
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def test_a_refusal_is_one_line(as_viewer, team, log):
    url = reverse("contacts:import_create", args=[team.slug])

    assert as_viewer.get(url).status_code == 403
    assert "Forbidden" in log.getvalue()
    assert "Traceback" not in log.getvalue()


def test_errors_keep_their_traceback(log):
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        logging.getLogger("django.request").exception(
            "Internal Server Error", extra={"status_code": 500}
        )

    assert "Traceback" in log.getvalue()
