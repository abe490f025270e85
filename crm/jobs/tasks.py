"""The worker's entry to jobs, and the sweep that finds those whose worker died."""

import logging

from celery import shared_task
from django.utils import timezone

from crm.jobs import queries, services
from crm.tenancy.scope import team_scope
from crm.tenancy.tasks import TeamTask

logger = logging.getLogger(__name__)


@shared_task(base=TeamTask, acks_late=True)
def run_job(*, team_id: int, job_id: int) -> None:
    try:
        services.run_job(job_id)
    except services.AlreadyClaimed:
        logger.info("Job %s is not waiting for a worker", job_id)


@shared_task(acks_late=True)
def resume_stalled_jobs() -> None:
    at = timezone.now()
    for team_id in queries.teams_with_stalled_jobs(at=at):
        with team_scope(team_id):
            for job_id in services.release_stalled(at=at):
                run_job.delay_on_commit(team_id=team_id, job_id=job_id)
