"""Pairs of contacts that may be the same person."""

from enum import IntFlag
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from contacts.models.contacts import Contact
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class Match(IntFlag):
    """What two contacts have in common. The stronger sign has the higher bit, so sums sort."""

    NAME = 1  # and the account
    PHONE = 2
    LINKEDIN = 4
    EMAIL = 8

    @property
    def labels(self) -> list[str]:
        """What they have in common in words, the strongest first."""
        return [
            str(label) for match, label in _LABELS.items() if self.value & match.value
        ]


_LABELS = {
    Match.EMAIL: _("same e-mail"),
    Match.LINKEDIN: _("same LinkedIn"),
    Match.PHONE: _("same phone"),
    Match.NAME: _("same name and account"),
}


class DuplicatePairQuerySet(TeamQuerySet):
    def open(self) -> Self:
        """Pairs that nobody has decided about yet."""
        return self.filter(dismissed_at=None)

    def dismissed(self) -> Self:
        """Pairs that somebody said are two people."""
        return self.exclude(dismissed_at=None)


DuplicatePairManager = TeamManager.from_queryset(DuplicatePairQuerySet)


class DuplicatePair(TeamModel):
    """Two contacts that may be the same person, until somebody merges them or says they are not."""

    # The one with the lower id comes first, so that a pair is there once.
    first = TeamForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    second = TeamForeignKey(Contact, models.CASCADE, related_name="+", db_index=False)
    match = models.PositiveSmallIntegerField(default=0)  # bits of Match
    dismissed_at = models.DateTimeField(null=True, editable=False)
    dismissed_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    objects = DuplicatePairManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "first", "second"], name="duplicate_pair_once"
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="duplicate_pair_team_id"
            ),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="duplicate_pair_in_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "match", "id"],
                condition=Q(dismissed_at=None),
                name="duplicate_pair_open",
            ),
            models.Index(
                fields=["team", "dismissed_at", "id"],
                condition=Q(dismissed_at__isnull=False),
                name="duplicate_pair_dismissed",
            ),
            models.Index(fields=["team", "second"], name="duplicate_pair_second"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"
