"""Files that people took contacts out in."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.selections import Selection
from crm.jobs.models import Job
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class ContactExportQuerySet(TeamQuerySet):
    def visible_to(self, member: Membership) -> Self:
        """Exports that the member asked for; admins see everybody's."""
        if member.can("team.manage"):
            return self
        return self.filter(created_by=member)

    def expired(self, *, at: datetime) -> Self:
        """Exports whose file nobody gets any more; contact_export_team_expires serves it."""
        return self.filter(expires_at__lte=at).exclude(file_key="")


ContactExportManager = TeamManager.from_queryset(ContactExportQuerySet)


class ContactExport(TeamModel):
    """A file of contacts: who asked for which, in what form, and what came of it.

    The row stays when the file is gone: it says who took out what.
    """

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        XLSX = "xlsx", _("Excel (XLSX)")

    class Columns(models.TextChoices):
        SHOWN = "shown", _("The columns of the list")
        ALL = "all", _("All fields")

    selection = TeamForeignKey(
        Selection, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    state = models.TextField(blank=True)  # query string of the list they stood in
    total = models.BigIntegerField()  # contacts that were selected
    format = models.CharField(max_length=4, choices=Format, default=Format.CSV)
    columns = models.CharField(max_length=5, choices=Columns, default=Columns.ALL)
    keys = models.JSONField(default=list)  # of the columns of the list, in their order
    # In the default storage, written down before the work begins; "" when the file is gone.
    file_key = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(null=True)  # bytes; None until the file is there
    rows = models.BigIntegerField(default=0)  # contacts in the file
    left_out = models.BigIntegerField(default=0)  # contacts that the role may not take
    # Whether it was written with the right to take out anybody's contacts.
    of_anybody = models.BooleanField(default=True, db_default=True)
    job = TeamForeignKey(
        Job, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = ContactExportManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "id"], name="contact_export_team_id"
            )
        ]
        indexes = [
            models.Index(
                fields=["team", "created_by", "id"], name="contact_export_team_member"
            ),
            models.Index(
                fields=["team", "expires_at"],
                condition=~Q(file_key=""),
                name="contact_export_team_expires",
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def file_name(self) -> str:
        """What the file is called where it is saved."""
        day = timezone.localdate(self.created_at)
        return f"contacts-{day:%Y-%m-%d}-{self.pk}.{self.format}"

    @property
    def is_ready(self) -> bool:
        """Whether the file was written; it may have expired since."""
        return self.size is not None

    def is_takeable_by(self, member: Membership) -> bool:
        """Return whether the member's role still allows what the file was written with."""
        return not self.of_anybody or member.can("contacts.export")

    def is_expired(self, at: datetime) -> bool:
        return at >= self.expires_at or not self.file_key
