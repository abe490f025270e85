"""What is left of contacts that are gone for good, and files that wait to be removed."""

from datetime import datetime
from typing import Self

from django.db import models

from crm.tenancy.models import TeamManager, TeamModel, TeamQuerySet


class Tombstone(TeamModel):
    """A contact that was purged: its number and nothing about the person (product.md D4)."""

    class Why(models.TextChoices):
        EXPIRED = "expired"  # its time in the bin was over
        FORGOTTEN = "forgotten"  # somebody asked for it

    contact_number = models.BigIntegerField()  # the id that its address had
    why = models.CharField(max_length=9, choices=Why, default=Why.EXPIRED)
    purged_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "contact_number"], name="tombstone_contact_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="tombstone_team_id"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_number}"


class DoomedFileQuerySet(TeamQuerySet):
    def due(self, *, at: datetime) -> Self:
        """Files to try now; doomed_file_team_try serves it."""
        return self.filter(try_at__lte=at)


DoomedFileManager = TeamManager.from_queryset(DoomedFileQuerySet)


class DoomedFile(TeamModel):
    """Bytes in the storage whose rows are gone; a worker removes them and then this row."""

    file_key = models.CharField(max_length=300)  # in the default storage
    try_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)

    objects = DoomedFileManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "file_key"], name="doomed_file_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="doomed_file_team_id"),
        ]
        indexes = [models.Index(fields=["team", "try_at"], name="doomed_file_team_try")]

    def __str__(self) -> str:
        return self.file_key
