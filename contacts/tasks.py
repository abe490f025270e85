"""What the clock starts: looks for what nobody needs any more, and for deletions whose time is over."""

from celery import shared_task
from django.utils import timezone

from contacts.queries.duplicates import teams_to_search
from contacts.queries.ending import (
    teams_with_contacts_to_purge,
    teams_with_doomed_files,
    teams_with_ended_holdbacks,
    teams_with_expired_exports,
    teams_with_unwritten_erasures,
)
from contacts.queries.selecting import teams_with_expired_selections
from contacts.queries.uploads import teams_with_old_uploads
from contacts.services import erasure_ledger, expiry, purging, selections
from contacts.services.exporting import starting as exporting
from contacts.services.importing import uploads
from contacts.services.merging import duplicates
from crm.tenancy.tasks import TeamTask


@shared_task(base=TeamTask, acks_late=True)
def remove_old_uploads(*, team_id: int) -> None:
    uploads.remove_old(at=timezone.now())


@shared_task(acks_late=True)
def sweep_old_uploads() -> None:
    for team_id in teams_with_old_uploads(at=timezone.now()):
        remove_old_uploads.delay_on_commit(team_id=team_id)


@shared_task(base=TeamTask, acks_late=True)
def remove_expired_exports(*, team_id: int) -> None:
    exporting.remove_expired(at=timezone.now())


@shared_task(acks_late=True)
def sweep_expired_exports() -> None:
    for team_id in teams_with_expired_exports(at=timezone.now()):
        remove_expired_exports.delay_on_commit(team_id=team_id)


@shared_task(base=TeamTask, acks_late=True)
def remove_expired_selections(*, team_id: int) -> None:
    selections.remove_expired(at=timezone.now())


@shared_task(acks_late=True)
def sweep_expired_selections() -> None:
    for team_id in teams_with_expired_selections(at=timezone.now()):
        remove_expired_selections.delay_on_commit(team_id=team_id)


@shared_task(base=TeamTask, acks_late=True)
def end_holdbacks(*, team_id: int) -> None:
    expiry.end_holdbacks(at=timezone.now())


@shared_task(acks_late=True)
def sweep_holdbacks() -> None:
    for team_id in teams_with_ended_holdbacks(at=timezone.now()):
        end_holdbacks.delay_on_commit(team_id=team_id)


@shared_task(base=TeamTask, acks_late=True)
def purge_deleted(*, team_id: int) -> None:
    purging.purge_deleted(at=timezone.now())


@shared_task(base=TeamTask, acks_late=True)
def remove_doomed_files(*, team_id: int) -> None:
    purging.remove_doomed_files(at=timezone.now())


@shared_task(base=TeamTask, acks_late=True)
def write_erasures(*, team_id: int) -> None:
    erasure_ledger.write_erasures(at=timezone.now())


@shared_task(acks_late=True)
def sweep_deleted() -> None:
    for team_id in teams_with_contacts_to_purge(at=timezone.now()):
        purge_deleted.delay_on_commit(team_id=team_id)
    for team_id in teams_with_doomed_files(at=timezone.now()):
        remove_doomed_files.delay_on_commit(team_id=team_id)
    for team_id in teams_with_unwritten_erasures():
        write_erasures.delay_on_commit(team_id=team_id)


@shared_task(base=TeamTask, acks_late=True)
def search_duplicates(*, team_id: int) -> None:
    duplicates.search_duplicates(by=None)


@shared_task(acks_late=True)
def sweep_duplicates() -> None:
    for team_id in teams_to_search():
        search_duplicates.delay_on_commit(team_id=team_id)
