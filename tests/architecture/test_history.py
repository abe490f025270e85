"""T4: whatever is kept of a record is written down when it changes."""

import re

import pytest
from django.db import connection

from crm.history import registry
from crm.tenancy.models import TeamModel
from tests.architecture.world import team_models

pytestmark = pytest.mark.django_db

# Tables of teams whose changes are not written down, each with the reason.
UNTRACKED = {
    "teams.Membership": "who is in a team is no business record; it ends by date",
    "teams.Invitation": "as above",
    "history.ChangeSet": "is the history",
    "history.Change": "is the history",
    "jobs.Job": "says itself what it did",
    "jobs.JobRow": "says itself what was done",
    "layouts.CustomField": "shapes the records of a team, is none",
    "layouts.FieldOption": "as above",
    "accounts.AccountStage": "shapes the records of a team, is none",
    "contacts.ContactStage": "shapes the records of a team, is none",
    "contacts.ContactList": "shapes the records of a team, is none; who is in it is written down",
    "contacts.ContactImport": "says itself what it did",
    "contacts.ContactExport": "says itself what it did",
    "contacts.DuplicatePair": "what a search found, and what somebody thinks of it",
    "contacts.HeldBack": "follows from a deletion",
    "contacts.Tombstone": "is what is left of a record",
    "contacts.Erasure": "is what is left of a record",
    "contacts.BlockedKey": "as above",
    "contacts.DoomedFile": "work that waits for a worker",
    "contacts.SavedView": "shapes lists of records, is none",
    "contacts.ViewMark": "as above",
    "contacts.Selection": "what somebody ticked, for a while",
    "contacts.SelectionPart": "as above",
}


def triggers() -> dict[str, dict[str, list[str]]]:
    """Return table -> event -> arguments of the triggers that the database has."""
    found: dict[str, dict[str, list[str]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname LIKE 'history\\_%'"
        )
        for table, name, definition in cursor.fetchall():
            _call, _open, arguments = definition.partition("history_record(")
            found.setdefault(table, {})[name.removeprefix("history_")] = re.findall(
                r"'([^']*)'", arguments
            )
    return found


@pytest.mark.parametrize("model", team_models(), ids=lambda m: m._meta.label)
def test_every_model_is_written_down_or_says_why_not(model: type[TeamModel]) -> None:
    is_tracked = model._meta.db_table in registry.tracked()

    assert is_tracked is not (model._meta.label in UNTRACKED)


def test_no_reason_is_left_over() -> None:
    assert UNTRACKED.keys() <= {model._meta.label for model in team_models()}


def test_the_triggers_are_those_that_are_declared() -> None:
    declared = {
        entry.model._meta.db_table: {
            event: [kind.key, entry.column, "{" + ",".join(entry.ignored) + "}"]
            for event in entry.events
        }
        for kind in registry.kinds().values()
        for entry in kind.tables
    }

    assert triggers() == declared


def test_every_column_that_is_left_out_exists() -> None:
    for entry in registry.tracked().values():
        columns = {field.column for field in entry.model._meta.concrete_fields}
        assert {entry.column, *entry.ignored} <= columns
