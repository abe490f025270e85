"""Files that people import contacts from."""

from collections.abc import Sequence
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from crm.history.models import ChangeSet
from crm.jobs.models import Job
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class ContactImportQuerySet(TeamQuerySet):
    def recent(self) -> Self:
        """Imports newest first, also those that wait to be started."""
        act = KeyTextTransform("change_set", "job__parameters")
        undone = ChangeSet.objects.filter(pk=OuterRef("act"), undone_at__isnull=False)
        rows = self.annotate(
            act=Cast(act, models.BigIntegerField()), is_taken_back=Exists(undone)
        )
        return rows.select_related("job", "created_by__user").order_by("-pk")

    def last_like(self, headings: Sequence[str]) -> Self:
        """The newest import that was started of a file with the same headings; none for new ones."""
        alike = self.filter(headings=list(headings), job__isnull=False)
        return alike.order_by("-pk")[:1]


ContactImportManager = TeamManager.from_queryset(ContactImportQuerySet)


class ContactImport(TeamModel):
    """An uploaded file with how it is read and what its columns become, from upload to result."""

    class Existing(models.TextChoices):
        EMPTY = "empty", _("Fill in empty fields only")
        OVERWRITE = "overwrite", _("Overwrite with what the file has")
        SKIP = "skip", _("Leave them as they are")

    class Binned(models.TextChoices):
        RESTORE = "restore", _("Restore them")
        SKIP = "skip", _("Leave them in the bin")
        NEW = "new", _("Create new contacts")

    file_name = models.CharField(max_length=200)
    file_key = models.CharField(
        max_length=100
    )  # in the default storage: t/<team>/<uuid>
    # Of a workbook: it itself, the names of its sheets, and the one that `file_key` holds as CSV.
    source_key = models.CharField(max_length=100, blank=True, db_default="")
    sheets = models.JSONField(
        default=list, db_default=models.Value([], models.JSONField())
    )
    sheet = models.CharField(max_length=255, blank=True, db_default="")
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
    def is_workbook(self) -> bool:
        return bool(self.source_key)

    @property
    def keys(self) -> list[str]:
        """Everything that is stored of it."""
        return [key for key in (self.file_key, self.source_key) if key]

    @property
    def is_started(self) -> bool:
        return self.job_id is not None
