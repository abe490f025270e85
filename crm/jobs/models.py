"""Long work with progress and a ledger of rows."""

from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class JobQuerySet(TeamQuerySet):
    def unfinished(self) -> Self:
        """Jobs that still have work to do."""
        return self.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])

    def stalled(self, *, before: datetime) -> Self:
        """Unfinished jobs nobody has touched since `before`: their worker died or their message was lost."""
        return self.unfinished().filter(heartbeat_at__lt=before)


JobManager = TeamManager.from_queryset(JobQuerySet)


class Job(TeamModel):
    """Long work in the background. It advances in chunks; each chunk commits with its progress, so a
    worker can die anywhere and the next one goes on where the last chunk ended.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    kind = models.CharField(max_length=32)  # key of the registry in crm.jobs.registry
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=Status, default=Status.QUEUED)
    created_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    parameters = models.JSONField(default=dict)
    position = models.JSONField(
        default=dict
    )  # where the next chunk starts; written with the chunk
    done = models.BigIntegerField(default=0)  # rows finished
    total = models.BigIntegerField(null=True)  # rows in all, when known
    counts = models.JSONField(default=dict)  # outcome or PARTIAL -> rows
    error = models.TextField(blank=True)  # for people, when failed
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField()
    # Of the worker that holds the job: one that has lost it writes nothing any more.
    claim = models.CharField(max_length=32, blank=True, editable=False)
    # Starts since the last chunk was written; a job that kills its workers does not go on for ever.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = JobManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="job_team_id")
        ]
        indexes = [
            models.Index(fields=["team", "kind", "id"], name="job_team_kind"),
            models.Index(
                fields=["heartbeat_at"],
                condition=models.Q(status__in=["queued", "running"]),
                name="job_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.DONE, self.Status.FAILED)

    @property
    def is_failed(self) -> bool:
        return self.status == self.Status.FAILED

    @property
    def percent(self) -> int:
        """How much is done, from 0 to 100."""
        if self.total:
            return min(100, self.done * 100 // self.total)
        return 100 if self.is_finished else 0


# Beside the outcomes in a job's counts and in addresses: rows of which some values were left out.
PARTIAL = "partial"


class JobRowQuerySet(TeamQuerySet):
    def with_outcome(self, outcome: str) -> Self:
        """Rows that ended so, or PARTIAL ones; all for "". An index serves the order by number of each."""
        if outcome == PARTIAL:
            return self.filter(is_partial=True)
        return self.filter(outcome=outcome) if outcome else self


JobRowManager = TeamManager.from_queryset(JobRowQuerySet)


class JobRow(TeamModel):
    """What became of one row of a job's input. Every input row ends in exactly one of these."""

    class Outcome(models.TextChoices):
        CREATED = "created", _("Created")
        UPDATED = "updated", _("Updated")
        RESTORED = "restored", _("Restored")
        SKIPPED = "skipped", _("Skipped")
        REFUSED = "refused", _("Refused")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        REMOVED = "removed", _("Removed")

    job = TeamForeignKey(Job, models.CASCADE, related_name="rows", db_index=False)
    # Of the row as a spreadsheet shows the input: headings, what is above them and blank lines count.
    number = models.BigIntegerField()
    outcome = models.CharField(max_length=8, choices=Outcome)
    reason = models.CharField(max_length=300, blank=True)
    # Some values of the row were left out; the reason says which.
    is_partial = models.BooleanField(default=False, db_default=False)
    # What a person knows the row by, such as a name.
    label = models.CharField(max_length=200, blank=True)
    record_id = models.BigIntegerField(null=True)  # of the contact it became or met

    objects = JobRowManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "job", "number"], name="job_row_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="job_row_team_id"),
        ]
        indexes = [
            models.Index(
                fields=["team", "job", "outcome", "number"], name="job_row_outcome"
            ),
            # Which earlier row of the same job met a record.
            models.Index(
                fields=["team", "job", "record_id"],
                condition=models.Q(record_id__isnull=False),
                name="job_row_record",
            ),
            models.Index(
                fields=["team", "job", "number"],
                condition=models.Q(is_partial=True),
                name="job_row_partial",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.outcome}"
