"""Where a contact stands with the team."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import StageCategory, StageManager
from crm.tenancy.models import TeamModel


class ContactStage(TeamModel):
    """Where a contact stands with the team (product.md A4)."""

    name = models.CharField(_("Name"), max_length=60)
    hue = models.PositiveSmallIntegerField(
        _("Color"), default=255
    )  # one of the tint hues of the design tokens
    category = models.CharField(
        _("Category"), max_length=12, choices=StageCategory, default=StageCategory.NONE
    )
    position = models.PositiveSmallIntegerField(default=0)
    # The stage of a new contact: the "created" trigger. Exactly one a team.
    is_first = models.BooleanField(default=False)

    objects = StageManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], name="contact_stage_name_once_per_team"
            ),
            models.UniqueConstraint(
                fields=["team"],
                condition=models.Q(is_first=True),
                name="contact_stage_one_first_per_team",
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="contact_stage_team_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name
