"""What a bulk action works on: ids that were written down before it begins."""

from collections.abc import Iterator
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet

PART = 1000  # ids in a part; every one but the last is full


class SelectionQuerySet(TeamQuerySet):
    def expired(self, *, at: datetime) -> Self:
        """Selections that nobody needs any more."""
        return self.filter(expires_at__lte=at)


SelectionManager = TeamManager.from_queryset(SelectionQuerySet)


class Selection(TeamModel):
    """People that a member chose, as they were at that moment (product.md P7)."""

    class Of(models.TextChoices):
        CONTACTS = "contacts"
        PEOPLE = "people"  # of the directory, not saved yet

    member = TeamForeignKey(
        Membership, models.CASCADE, related_name="+", db_index=False
    )
    of = models.CharField(max_length=8, choices=Of, default=Of.CONTACTS)
    state = models.TextField(blank=True)  # query string of the list they stood in
    is_all = models.BooleanField(default=False)  # all that the list showed
    is_narrowed = models.BooleanField(default=True)  # the list had a search or filters
    total = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = SelectionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="selection_team_id")
        ]
        indexes = [
            models.Index(fields=["team", "expires_at"], name="selection_team_expires")
        ]

    def __str__(self) -> str:
        return f"{self.total} {self.of}"

    def chunks(self, *, after: int, size: int) -> Iterator[list[int]]:
        """Yield the ids behind the first `after`, in the order of ids, `size` at a time.

        They are ids of contacts, or of persons where `of` says so; some of them may be gone by now.
        Reads a few thousand at a time, so a million of them take no memory.
        """
        chunk: list[int] = []
        skip = after % PART
        parts = self.parts.filter(number__gte=after // PART).order_by("number")
        for ids in parts.values_list("ids", flat=True).iterator(chunk_size=20):
            chunk += ids[skip:]
            skip = 0
            while len(chunk) >= size:
                yield chunk[:size]
                chunk = chunk[size:]
        if chunk:
            yield chunk

    def first(self, number: int) -> list[int]:
        """Return the first ids, at most `number`."""
        return next(self.chunks(after=0, size=number), [])


class SelectionPart(TeamModel):
    """Up to a thousand ids of a selection. In one row they are frozen, read and swept in no time."""

    selection = TeamForeignKey(
        Selection, models.CASCADE, related_name="parts", db_index=False
    )
    number = models.PositiveIntegerField()  # from 0
    ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "selection", "number"], name="selection_part_once"
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="selection_part_team_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}: {self.number}"
