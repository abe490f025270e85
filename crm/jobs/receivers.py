"""Reactions of jobs to their own signals: the only place that queues them."""

from typing import Any

from django.dispatch import receiver

from crm.jobs import tasks
from crm.jobs.models import Job
from crm.jobs.signals import job_queued


@receiver(job_queued)
def queue_job(*, job: Job, **kwargs: Any) -> None:
    tasks.run_job.delay_on_commit(team_id=job.team_id, job_id=job.pk)
