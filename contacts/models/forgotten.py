"""People whom a team has forgotten for good: only salted hashes are left of them (product.md D4)."""

from typing import Self

from django.db import models

from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class ErasureQuerySet(TeamQuerySet):
    def in_force(self) -> Self:
        """Those that nobody has lifted."""
        return self.filter(lifted_at=None)

    def unwritten(self) -> Self:
        """Those whose last state the ledger outside of the database does not know yet."""
        return self.filter(written_at=None)


ErasureManager = TeamManager.from_queryset(ErasureQuerySet)


class Erasure(TeamModel):
    """Somebody asked to be forgotten: who did it, when, and whether it is still in force."""

    contact_number = models.BigIntegerField()  # the id that the contact had
    forgotten_at = models.DateTimeField()
    forgotten_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    written_at = models.DateTimeField(null=True)  # to the ledger

    objects = ErasureManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "contact_number"], name="erasure_contact_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="erasure_team_id"),
        ]
        indexes = [
            models.Index(
                fields=["team", "forgotten_at", "id"], name="erasure_team_forgotten"
            ),
            models.Index(
                fields=["team", "id"],
                condition=models.Q(written_at=None),
                name="erasure_team_unwritten",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_number}"

    @property
    def is_lifted(self) -> bool:
        return self.lifted_at is not None


class BlockedKey(TeamModel):
    """Something a forgotten person was known by, as a keyed hash that tells nobody what it was."""

    class Kind(models.TextChoices):
        EMAIL = "email"
        LINKEDIN = "linkedin"
        OUTSIDE = "id"  # in another system
        PHONE = "phone"  # with the name: a whole company may share a number

    erasure = TeamForeignKey(
        Erasure, models.CASCADE, related_name="keys", db_index=False
    )
    kind = models.CharField(max_length=8, choices=Kind)
    digest = models.CharField(max_length=64)  # HMAC-SHA256, see services.blocking

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "erasure", "digest"], name="blocked_key_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="blocked_key_team_id"),
        ]
        indexes = [
            models.Index(fields=["team", "digest"], name="blocked_key_team_digest")
        ]

    def __str__(self) -> str:
        return self.digest
