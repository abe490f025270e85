"""Files that people import contacts from."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.jobs.models import Job
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class ContactImportQuerySet(TeamQuerySet):
    def recent(self) -> Self:
        """Imports newest first, also those that wait to be started."""
        return self.select_related("job", "created_by__user").order_by("-pk")


ContactImportManager = TeamManager.from_queryset(ContactImportQuerySet)


class ContactImport(TeamModel):
    """An uploaded file with how it is read and what its columns become, from upload to result."""

    class Existing(models.TextChoices):
        EMPTY = "empty", _("Fill in empty fields only")
        OVERWRITE = "overwrite", _("Overwrite with what the file has")
        SKIP = "skip", _("Leave them as they are")

    file_name = models.CharField(max_length=200)
    file_key = models.CharField(
        max_length=100
    )  # in the default storage: t/<team>/<uuid>
    size = models.BigIntegerField()  # bytes
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=16)
    delimiter = models.CharField(max_length=1)
    heading_row = (
        models.PositiveIntegerField()
    )  # of the records that are not blank, from 1
    rows = models.BigIntegerField()  # below the headings
    headings = models.JSONField(default=list)
    samples = models.JSONField(default=list)  # column -> its first values
    kinds = models.JSONField(
        default=list
    )  # column -> CustomField.Kind that fits its values
    mapping = models.JSONField(default=list)  # column -> key of a target, "" for none
    options = models.JSONField(default=dict)  # see contacts.services.importing.options
    check_job = TeamForeignKey(
        Job, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    job = TeamForeignKey(
        Job, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContactImportManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "id"], name="contact_import_team_id"
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_started(self) -> bool:
        return self.job_id is not None
