"""Values of contacts that somebody said are wrong (product.md C13)."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contacts.models.contacts import Contact, ContactEmail, ContactPhone
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class FlagQuerySet(TeamQuerySet):
    def open(self) -> Self:
        """Flags that nobody cleared."""
        return self.filter(cleared_at=None)

    def to_review(self) -> Self:
        """Open flags of saved contacts; contact_flag_open serves the order by time."""
        return self.open().filter(contact__deleted_at=None)


FlagManager = TeamManager.from_queryset(FlagQuerySet)


class ContactFlag(TeamModel):
    """Somebody says that one value of a contact is wrong. It counts while the value is the same."""

    class Reason(models.TextChoices):
        WRONG = "wrong", _("Wrong value")
        LEFT = "left", _("Person left the company")
        STRANGER = "stranger", _("Not this person")
        OTHER = "other", _("Other")

    class Outcome(models.TextChoices):
        UNFLAGGED = "unflagged", _("Unflagged")
        CHANGED = "changed", _("The value was changed")
        ACCEPTED = "accepted", _("The suggested value was accepted")
        DISMISSED = "dismissed", _("Dismissed")

    # How flags end that only those who review them decide about.
    REVIEWED = frozenset({Outcome.ACCEPTED, Outcome.DISMISSED})

    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="flags", db_index=False
    )
    key = models.CharField(max_length=40)  # of contacts.services.drafts: "email-12"
    kind = models.CharField(max_length=40)  # "email", "phone", else the key
    email = TeamForeignKey(
        ContactEmail, models.SET_NULL, null=True, related_name="flags", db_index=False
    )
    phone = TeamForeignKey(
        ContactPhone, models.SET_NULL, null=True, related_name="flags", db_index=False
    )
    value = models.TextField()  # the text form that was flagged, to compare with
    shown = models.TextField()  # how people saw it
    suggestion = models.TextField(blank=True)  # the right value, "" where unknown
    reason = models.CharField(_("Reason"), max_length=8, choices=Reason)
    text = models.CharField(_("What is wrong"), max_length=500, blank=True)
    flagged_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    flagged_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    cleared_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    outcome = models.CharField(max_length=9, choices=Outcome, blank=True)

    objects = FlagManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="contact_flag_team_id"),
            models.UniqueConstraint(
                fields=["team", "contact", "key"],
                condition=Q(cleared_at=None),
                name="contact_flag_once_per_value",
            ),
            models.CheckConstraint(
                condition=~Q(reason="other") | ~Q(text=""),
                name="contact_flag_other_says_what",
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "flagged_at", "id"],
                condition=Q(cleared_at=None),
                name="contact_flag_open",
            ),
            models.Index(
                fields=["team", "email"],
                condition=Q(cleared_at=None, email__isnull=False),
                name="contact_flag_email",
            ),
            models.Index(fields=["team", "contact"], name="contact_flag_contact"),
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.shown}"
