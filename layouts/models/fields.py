"""Fields that a team adds to its records."""

from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case, OuterRef, When
from django.db.models.functions import JSONObject, Lower
from django.utils.translation import gettext_lazy as _

from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class CustomFieldQuerySet(TeamQuerySet):
    def for_record(self, record: str) -> Self:
        """The fields of one kind of record ("contact"), in the order they are shown."""
        return self.filter(record=record).order_by("position", "pk")

    def in_order(self) -> Self:
        """Fields of contacts, then of accounts, in the order they are shown."""
        return self.order_by("-record", "position", "pk")

    def with_choices(self) -> Self:
        """The fields with what can be chosen in them read along, in order.

        `read_options` are objects with pk and name; `read_members`, where the field holds a member,
        objects with pk, name, email and removed_at.
        """
        options = FieldOption.objects.filter(field=OuterRef("pk"))
        members = Membership.objects.order_by("user__name", "user__email")
        object_of = JSONObject(
            pk="pk", name="user__name", email="user__email", removed_at="removed_at"
        )
        return self.annotate(
            read_options=ArraySubquery(
                options.order_by("position", "pk").values(
                    option=JSONObject(pk="pk", name="name")
                )
            ),
            read_members=Case(
                When(
                    kind=CustomField.Kind.MEMBER,
                    then=ArraySubquery(members.values(member=object_of)),
                )
            ),
        )


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
