"""The timeline."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from contacts.models import Contact
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class ActivityQuerySet(TeamQuerySet):
    def interactions(self) -> Self:
        """What happened between people, without what happened to the record."""
        return self.filter(kind__in=INTERACTIONS)

    def newest_first(self) -> Self:
        """The order of the timeline; (team, contact, occurred_at, id) and its account twin serve it."""
        return self.order_by("-occurred_at", "-pk")


ActivityManager = TeamManager.from_queryset(ActivityQuerySet)


class Activity(TeamModel):
    """One line of the timeline: something that happened, when, by whom."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        CALL = "call", _("Call")
        MEETING = "meeting", _("Meeting")
        LINKEDIN = "linkedin", _("LinkedIn message")
        OTHER = "other", _("Other")
        CREATED = "created", _("Record created")

    class Direction(models.TextChoices):
        OUTBOUND = "outbound", _("From us")
        INBOUND = "inbound", _("To us")
        NONE = "", _("No direction")

    class Outcome(models.TextChoices):
        CONNECTED = "connected", _("Connected")
        VOICEMAIL = "voicemail", _("Left voicemail")
        NO_ANSWER = "no_answer", _("No answer")
        BUSY = "busy", _("Busy")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        HELD = "held", _("Held")
        NO_SHOW = "no_show", _("Did not show up")
        POSTPONED = "postponed", _("Postponed")
        CANCELED = "canceled", _("Canceled")
        REPLIED = "replied", _("Replied")
        NO_REPLY = "no_reply", _("No reply yet")
        ACCEPTED = "accepted", _("Accepted")

    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="activities", db_index=False
    )
    # The contact's account when it happened, so that the account's log survives a change of job.
    account = TeamForeignKey(
        Account, models.SET_NULL, null=True, related_name="activities", db_index=False
    )
    member = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    kind = models.CharField(_("Type"), max_length=8, choices=Kind)
    direction = models.CharField(
        _("Direction"),
        max_length=8,
        choices=Direction,
        default=Direction.NONE,
        blank=True,
    )
    occurred_at = models.DateTimeField(_("When"))
    subject = models.CharField(_("Subject"), max_length=300, blank=True)
    body = models.TextField(_("Details"), blank=True)
    outcome = models.CharField(_("Outcome"), max_length=40, blank=True)
    # What changed, for kinds created and changed: names, values or ids the page can show.
    detail = models.JSONField(default=dict, blank=True)
    # Makes a doubly submitted form, or a job that runs again, write once.
    idempotency_key = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ActivityManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="activity_team_id"),
            models.UniqueConstraint(
                fields=["team", "contact", "idempotency_key"],
                condition=~models.Q(idempotency_key=""),
                name="activity_idempotency_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "contact", "occurred_at", "id"],
                name="activity_team_contact",
            ),
            models.Index(
                fields=["team", "account", "occurred_at", "id"],
                condition=models.Q(account__isnull=False),
                name="activity_team_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.occurred_at:%Y-%m-%d %H:%M}"


# Kinds that count as having been in touch.
INTERACTIONS = (
    Activity.Kind.EMAIL,
    Activity.Kind.CALL,
    Activity.Kind.MEETING,
    Activity.Kind.LINKEDIN,
    Activity.Kind.OTHER,
)
# Kinds that go one way or the other.
DIRECTED = (Activity.Kind.EMAIL, Activity.Kind.CALL, Activity.Kind.LINKEDIN)
# What may come of each kind.
OUTCOMES = {
    Activity.Kind.EMAIL: (Activity.Outcome.REPLIED, Activity.Outcome.NO_REPLY),
    Activity.Kind.CALL: (
        Activity.Outcome.CONNECTED,
        Activity.Outcome.VOICEMAIL,
        Activity.Outcome.NO_ANSWER,
        Activity.Outcome.BUSY,
        Activity.Outcome.WRONG_NUMBER,
    ),
    Activity.Kind.MEETING: (
        Activity.Outcome.HELD,
        Activity.Outcome.NO_SHOW,
        Activity.Outcome.POSTPONED,
        Activity.Outcome.CANCELED,
    ),
    Activity.Kind.LINKEDIN: (
        Activity.Outcome.ACCEPTED,
        Activity.Outcome.REPLIED,
        Activity.Outcome.NO_REPLY,
    ),
    Activity.Kind.OTHER: (),
}
