"""D4, I5: an export that fails, or whose people go, leaves no file behind."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from contacts.models import Contact, ContactExport, DoomedFile, Selection
from contacts.services import selections
from contacts.services.exporting import running, starting
from contacts.services.forgetting import forget_contact
from contacts.services.purging import remove_doomed_files
from crm.history.models import ChangeSet
from crm.jobs import services as jobs
from crm.teams.models import Membership, Team
from crm.teams.roles import Role
from tests.factories import make_contact
from tests.history.test_undo_rights import merge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def export(member: Membership, monkeypatch: Any) -> ContactExport:
    """An export that waits for a worker."""
    monkeypatch.setattr(starting, "AT_ONCE", 0)
    contact = make_contact(owner=member, emails=("ada@b.example",))
    at = timezone.now()
    chosen = selections.freeze_chosen(
        of=Selection.Of.CONTACTS, ids=[contact.pk], state="", by=member, at=at
    )
    return starting.start_export(
        selection=chosen, file_format="csv", columns="all", by=member, at=at
    )


def run(export: ContactExport) -> None:
    jobs.run_job(export.job_id or 0)
    export.refresh_from_db()
    if export.job:
        export.job.refresh_from_db()


def test_one_that_fails(export: ContactExport, member: Membership) -> None:
    key = export.file_key
    # What a worker stored that died before it said so.
    default_storage.save(key, ContentFile(b"Ada"))
    Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)

    run(export)
    remove_doomed_files(at=timezone.now())

    assert export.file_key == ""
    assert not default_storage.exists(key)


def test_one_that_is_given_up(
    export: ContactExport,
    team: Team,
    django_capture_on_commit_callbacks: Any,
) -> None:
    folder = running.workplace(export)
    left = folder.__enter__()
    (left / "export.csv").write_text("Ada")
    stalled = timezone.now() - timedelta(days=1)
    type(export.job).objects.update(  # type: ignore[union-attr]
        status="running", heartbeat_at=stalled, attempts=jobs.MAX_ATTEMPTS
    )

    with django_capture_on_commit_callbacks(execute=True):
        jobs.release_stalled(at=timezone.now())

    assert not left.exists()
    assert DoomedFile.objects.filter(file_key=export.file_key).exists()


def test_one_whose_people_went_before_it_began(
    export: ContactExport, admin: Membership
) -> None:
    other = Path(settings.VAR_DIR, "exports", "of-somebody-else")
    other.mkdir(parents=True)
    forget_contact(contact_id=Contact.objects.get().pk, by=admin, at=timezone.now())

    run(export)

    assert export.job
    assert "deleted for good" in export.job.error
    assert other.exists()


def test_who_is_in_a_file_is_known_as_long_as_there_is_the_file(
    export: ContactExport, admin: Membership
) -> None:
    run(export)
    key = export.file_key
    late = timezone.now() + timedelta(days=30)
    selections.remove_expired(at=late)
    forget_contact(contact_id=Contact.objects.get().pk, by=admin, at=timezone.now())

    assert DoomedFile.objects.get().file_key == key
    selections.remove_expired(at=late)
    assert not Selection.objects.exists()


def test_a_file_of_nobody_knows_whom_goes_too(
    export: ContactExport, admin: Membership
) -> None:
    run(export)
    Selection.objects.all().delete()
    forget_contact(contact_id=Contact.objects.get().pk, by=admin, at=timezone.now())

    assert DoomedFile.objects.exists()


def test_merges_are_not_called_by_who_was_forgotten(
    member: Membership, admin: Membership
) -> None:
    keep, absorb = make_contact(), make_contact("Augusta", "Byron")
    merge(keep, absorb, member)
    assert ChangeSet.objects.get(kind="contact.merge").via == "Augusta Byron"

    forget_contact(contact_id=keep.pk, by=admin, at=timezone.now())

    assert ChangeSet.objects.get(kind="contact.merge").via == ""
