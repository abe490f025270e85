"""What the tests of bulk actions share."""

from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts import bulk_actions
from contacts.models import Selection
from contacts.services import selections
from contacts.services.bulk import running
from crm.jobs.models import Job, JobRow
from crm.teams.models import Membership, Team

CONTACTS, PEOPLE = Selection.Of.CONTACTS, Selection.Of.PEOPLE


def choose(member: Membership, *rows: Any, of: str = CONTACTS) -> Selection:
    return selections.freeze_chosen(
        of=of,
        ids=[row.pk for row in rows],
        state="",
        by=member,
        at=timezone.now(),
    )


def act(member: Membership, key: str, values: dict[str, Any], *rows: Any) -> Job:
    """Take an action on contacts at once, as the page does."""
    action = bulk_actions.get(key)
    assert action is not None
    return running.take_action(
        action=action,
        selection=choose(member, *rows, of=action.of),
        values=values,
        by=member,
    )


def outcomes(job: Job) -> dict[str, tuple[str, str]]:
    """What became of each row: name -> (outcome, reason)."""
    rows = JobRow.objects.filter(job=job)
    return {row.label: (row.outcome, row.reason) for row in rows}


def select(
    client: Client, team: Team, key: str, body: dict[str, Any], **headers: str
) -> Any:
    url = reverse("contacts:people_select", args=[team.slug, key])
    return client.post(url, body, headers=headers)


def confirm(
    client: Client, selection: Selection, key: str, body: dict[str, Any]
) -> Any:
    url = reverse("contacts:bulk_action", args=[selection.team.slug, selection.pk, key])
    return client.post(url, {"number": selection.total, **body})
