"""Fields that a team adds to its records."""

from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.tenancy.models import TeamManager, TeamModel, TeamQuerySet


class CustomFieldQuerySet(TeamQuerySet):
    def for_record(self, record: str) -> Self:
        """The fields of one kind of record ("contact"), in the order they are shown."""
        return self.filter(record=record).order_by("position", "pk")


CustomFieldManager = TeamManager.from_queryset(CustomFieldQuerySet)


class CustomField(TeamModel):
    """A property that a team added to its contacts or accounts. Its type never changes."""

    class Record(models.TextChoices):
        CONTACT = "contact", _("Contact")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        URL = "url", _("URL")

    record = models.CharField(max_length=10, choices=Record, default=Record.CONTACT)
    name = models.CharField(_("Name"), max_length=80)
    kind = models.CharField(_("Type"), max_length=16, choices=Kind, default=Kind.TEXT)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CustomFieldManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "team",
                "record",
                Lower("name"),
                name="custom_field_name_once_per_record",
            ),
            models.UniqueConstraint(fields=["team", "id"], name="custom_field_team_id"),
        ]

    def __str__(self) -> str:
        return self.name
