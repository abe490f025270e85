"""Companies: the directory's organizations and the team's own accounts."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.hosts import host_text
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet
from layouts.models import FieldValue, FieldValuesQuerySet
from layouts.models.values import value_indexes


class Organization(models.Model):
    """A company of the directory, the installation-wide, read-only database of prospects."""

    key = models.CharField(
        max_length=64, unique=True
    )  # the loader's stable id of the row
    name = models.CharField(max_length=200)
    domain = models.CharField(max_length=253, blank=True)  # "example.com", lower case
    website = models.CharField(max_length=500, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    headcount = models.PositiveIntegerField(null=True, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    linkedin_url = models.CharField(max_length=500, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2

    class Meta:
        indexes = [
            models.Index(fields=["domain"], name="organization_domain"),
            models.Index(fields=["industry"], name="organization_industry"),
            models.Index(fields=["headcount"], name="organization_headcount"),
        ]

    def __str__(self) -> str:
        return self.name


class StageCategory(models.TextChoices):
    """What a stage means for the work, whatever a team calls it."""

    IN_PROGRESS = "in_progress", _("In progress")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    NONE = "none", _("None")


class StageQuerySet(TeamQuerySet):
    def in_order(self) -> Self:
        """Stages as the team arranged them."""
        return self.order_by("position", "pk")


StageManager = TeamManager.from_queryset(StageQuerySet)


class AccountStage(TeamModel):
    """Where an account stands with the team."""

    name = models.CharField(_("Name"), max_length=60)
    hue = models.PositiveSmallIntegerField(
        _("Color"), default=255
    )  # one of the tint hues of the design tokens
    category = models.CharField(
        _("Category"), max_length=12, choices=StageCategory, default=StageCategory.NONE
    )
    position = models.PositiveSmallIntegerField(default=0)

    objects = StageManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "name"], name="account_stage_name_once_per_team"
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="account_stage_team_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccountQuerySet(FieldValuesQuerySet):
    def search(self, folded: str) -> Self:
        """Accounts whose name or domain contains the text (already folded by `crm.text.fold`)."""
        return self.filter(search_text__contains=folded)

    def for_picker(self) -> Self:
        """Only what a choice of accounts shows, by name."""
        return self.only("id", "team_id", "name", "domain").order_by("name_sort", "pk")

    def reassignable_by(self, member: Membership) -> Self:
        """Accounts that the member may give another owner (product.md C12)."""
        return self.filter(member.gives_away())


AccountManager = TeamManager.from_queryset(AccountQuerySet)


class Account(TeamModel):
    """A company as the team knows it."""

    name = models.CharField(_("Name"), max_length=200)
    name_sort = models.CharField(
        max_length=200, db_collation="C", editable=False
    )  # fold(name)
    search_text = models.TextField(editable=False, default="")  # folded name and domain
    domain = models.CharField(
        _("Domain"), max_length=253, blank=True
    )  # "example.com", lower case
    website = models.CharField(_("Website"), max_length=500, blank=True)
    industry = models.CharField(_("Industry"), max_length=120, blank=True)
    headcount = models.PositiveIntegerField(_("Headcount"), null=True, blank=True)
    phone = models.CharField(_("Phone"), max_length=32, blank=True)
    city = models.CharField(_("City"), max_length=120, blank=True)
    region = models.CharField(_("Region"), max_length=120, blank=True)
    country = models.CharField(
        _("Country"), max_length=2, blank=True
    )  # ISO 3166-1 alpha-2
    stage = TeamForeignKey(
        AccountStage, models.PROTECT, null=True, blank=True, related_name="+"
    )
    owner = TeamForeignKey(
        Membership, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    organization = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(
        default=1, editable=False
    )  # grows with every change; detects conflicts
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AccountManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "domain"],
                condition=~models.Q(domain=""),
                name="account_domain_once_per_team",
            ),
            models.UniqueConstraint(fields=["team", "id"], name="account_team_id"),
        ]
        indexes = [
            models.Index(fields=["team", "name_sort", "id"], name="account_team_name"),
            GinIndex(
                OpClass("team_id", name="int8_ops"),
                OpClass("search_text", name="gin_trgm_ops"),
                name="account_team_search",
            ),
            models.Index(fields=["team", "industry"], name="account_team_industry"),
            models.Index(fields=["team", "headcount"], name="account_team_headcount"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_reassignable_by(self, member: Membership) -> bool:
        """Return whether the member may give the account another owner (product.md C12)."""
        return member.may_give_away(self.owner)

    @property
    def domain_text(self) -> str:
        """The domain as people read it."""
        return host_text(self.domain)


class AccountFieldValue(FieldValue):
    """What an account has in one custom field. A field without a value has no row."""

    account = TeamForeignKey(
        Account, models.CASCADE, related_name="field_values", db_index=False
    )

    record_field = "account"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "account", "field"], name="account_field_value_once"
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="account_field_value_team_id"
            ),
        ]
        indexes = value_indexes("account")
