"""The Celery application: which queues exist and which module's tasks go where."""

import os
from enum import StrEnum

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")


class Queue(StrEnum):
    """The queues; each protects its own work from a backlog in the others."""

    DEFAULT = "default"  # short work a person waits for
    BULK = "bulk"  # imports and other jobs over many rows; may take minutes


# By module, so that a new task cannot be published without somebody deciding where it runs.
TASK_ROUTES = {
    "crm.jobs.tasks.*": {"queue": Queue.BULK},
    "contacts.tasks.*": {"queue": Queue.BULK},
}

# Each entry calls a sweep: it looks at all teams, selects ids and fans out team tasks.
BEAT_SCHEDULE = {
    "resume-stalled-jobs": {
        "task": "crm.jobs.tasks.resume_stalled_jobs",
        "schedule": 10.0,
    },
    "sweep-old-uploads": {
        "task": "contacts.tasks.sweep_old_uploads",
        "schedule": crontab(minute=17),
    },
    "sweep-expired-selections": {
        "task": "contacts.tasks.sweep_expired_selections",
        "schedule": crontab(hour=3, minute=37),
    },
    "sweep-expired-exports": {
        "task": "contacts.tasks.sweep_expired_exports",
        "schedule": crontab(hour=3, minute=47),
    },
    "sweep-holdbacks": {
        "task": "contacts.tasks.sweep_holdbacks",
        "schedule": crontab(minute="*/5"),
    },
    "sweep-deleted": {
        "task": "contacts.tasks.sweep_deleted",
        "schedule": crontab(minute="2-59/5"),
    },
    "sweep-duplicates": {
        "task": "contacts.tasks.sweep_duplicates",
        "schedule": crontab(hour=2, minute=41),
    },
}

app = Celery("crm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_routes = TASK_ROUTES
app.conf.beat_schedule = BEAT_SCHEDULE
app.conf.task_default_queue = Queue.DEFAULT
app.autodiscover_tasks()
