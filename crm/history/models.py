"""Who changed what, old -> new: written by triggers (see crm.history.operations), read by pages and undo."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet

UNDO = "undo"  # the act of a change set that takes another one back


class ChangeSet(TeamModel):
    """One act of a person or a job, with everything it changed; undone as a whole."""

    # A key of crm.history.registry; "" for changes made outside the product's services.
    kind = models.CharField(max_length=40, blank=True, db_default="")
    via = models.CharField(
        max_length=200, blank=True, db_default=""
    )  # such as the name of the imported file
    at = models.DateTimeField()
    by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    undoes = TeamForeignKey(
        "self", models.SET_NULL, null=True, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="change_set_team_id")
        ]

    def __str__(self) -> str:
        return f"{self.kind or _('Change')} {self.pk}"

    @property
    def is_undone(self) -> bool:
        return self.undone_at is not None


class ChangeQuerySet(TeamQuerySet):
    def of_record(self, record: str, record_id: int) -> Self:
        """What happened to one record; history_change_record serves it by time."""
        return self.filter(record=record, record_id=record_id)


ChangeManager = TeamManager.from_queryset(ChangeQuerySet)


class Change(TeamModel):
    """One row of a tracked table before and after one statement: only the columns that differ."""

    class Op(models.TextChoices):
        INSERT = "I", _("Added")
        UPDATE = "U", _("Changed")
        DELETE = "D", _("Removed")

    change_set = TeamForeignKey(
        ChangeSet, models.CASCADE, related_name="changes", db_index=False
    )
    at = models.DateTimeField()  # that of the change set
    record = models.CharField(max_length=16)  # "contact": what people call changed
    record_id = models.BigIntegerField()
    source = models.CharField(max_length=63)  # the table
    row_id = models.BigIntegerField()
    op = models.CharField(max_length=1, choices=Op)
    old = models.JSONField(null=True)  # by column; a whole row where it was removed
    # By column; NULL where the record itself was added, and its rows with it.
    new = models.JSONField(null=True)

    objects = ChangeManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "id"], name="history_change_team_id"
            )
        ]
        indexes = [
            models.Index(
                fields=["team", "record", "record_id", "at", "id"],
                name="history_change_record",
            ),
            models.Index(
                fields=["team", "change_set", "record", "record_id"],
                name="history_change_set",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.op} {self.source} {self.row_id}"
