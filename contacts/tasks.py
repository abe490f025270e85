"""The daily look for files of imports that nobody needs any more."""

from celery import shared_task
from django.utils import timezone

from contacts.queries.uploads import teams_with_old_uploads
from contacts.services.importing import uploads
from crm.tenancy.tasks import TeamTask


@shared_task(base=TeamTask, acks_late=True)
def remove_old_uploads(*, team_id: int) -> None:
    uploads.remove_old(at=timezone.now())


@shared_task(acks_late=True)
def sweep_old_uploads() -> None:
    for team_id in teams_with_old_uploads(at=timezone.now()):
        remove_old_uploads.delay_on_commit(team_id=team_id)
