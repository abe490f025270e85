"""Fields that a team adds to its records."""

from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class CustomFieldQuerySet(TeamQuerySet):
    def for_record(self, record: str) -> Self:
        """The fields of one kind of record ("contact"), in the order they are shown."""
        return self.filter(record=record).order_by("position", "pk")


CustomFieldManager = TeamManager.from_queryset(CustomFieldQuerySet)


class CustomField(TeamModel):
    """A property that a team added to its contacts or accounts. Its type never changes."""

    class Record(models.TextChoices):
        CONTACT = "contact", _("Contact")
        ACCOUNT = "account", _("Account")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        LONG_TEXT = "long_text", _("Long text")
        NUMBER = "number", _("Number")
        CURRENCY = "currency", _("Currency")
        DATE = "date", _("Date")
        MOMENT = "moment", _("Date and time")
        CHECKBOX = "checkbox", _("Checkbox")
        PICKLIST = "picklist", _("Picklist")
        MULTI_PICKLIST = "multi_picklist", _("Multi-picklist")
        URL = "url", _("URL")
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        MEMBER = "member", _("Member")

    record = models.CharField(max_length=10, choices=Record, default=Record.CONTACT)
    name = models.CharField(_("Name"), max_length=80)
    kind = models.CharField(_("Type"), max_length=16, choices=Kind, default=Kind.TEXT)
    group = models.CharField(_("Group"), max_length=60, blank=True, default="")
    help_text = models.CharField(
        _("Description"), max_length=300, blank=True, default=""
    )
    # ISO 4217, of the kind currency: what an amount without a code is in.
    currency = models.CharField(_("Currency"), max_length=3, blank=True, default="")
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

    @property
    def has_options(self) -> bool:
        return self.kind in (self.Kind.PICKLIST, self.Kind.MULTI_PICKLIST)


class FieldOptionQuerySet(TeamQuerySet):
    def in_order(self) -> Self:
        """Options as the team arranged them."""
        return self.order_by("field_id", "position", "pk")


FieldOptionManager = TeamManager.from_queryset(FieldOptionQuerySet)


class FieldOption(TeamModel):
    """One of the choices of a picklist. Values hold its id, so that renaming it keeps them."""

    field = TeamForeignKey(
        CustomField, models.CASCADE, related_name="options", db_index=False
    )
    name = models.CharField(_("Name"), max_length=120)
    position = models.PositiveIntegerField(default=0)

    objects = FieldOptionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "team", "field", Lower("name"), name="field_option_name_once_per_field"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="field_option_team_id"),
        ]

    def __str__(self) -> str:
        return self.name
