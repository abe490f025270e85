"""Lists of people that members keep: what they show and how (product.md P5)."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class SavedViewQuerySet(TeamQuerySet):
    def visible_to(self, member: Membership) -> Self:
        """Views of the member, and those that somebody shares with the team."""
        return self.filter(Q(owner=member) | Q(is_shared=True))

    def by_name(self) -> Self:
        """Views in the order people look for them."""
        return self.order_by(Lower("name"), "pk")


SavedViewManager = TeamManager.from_queryset(SavedViewQuerySet)


class SavedView(TeamModel):
    """A list of people under a name: search, filters, sort and columns."""

    name = models.CharField(_("Name"), max_length=80)
    owner = TeamForeignKey(Membership, models.CASCADE, related_name="+", db_index=False)
    # The query string of the list. What it names may be gone by the time it is opened.
    state = models.TextField(blank=True)
    is_shared = models.BooleanField(_("Shared with the team"), default=False)
    version = models.PositiveIntegerField(
        default=1, editable=False
    )  # grows with every change; detects conflicts
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="saved_view_team_id")
        ]
        indexes = [
            models.Index(fields=["team", "owner"], name="saved_view_team_owner"),
            models.Index(
                fields=["team"],
                condition=Q(is_shared=True),
                name="saved_view_team_shared",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_editable_by(self, member: Membership) -> bool:
        """Return whether the member may change it: its owner, and admins what is shared.

        What is shared is changed for everybody: only by who may share.
        """
        if self.owner_id == member.pk:
            return not self.is_shared or member.can("views.share")
        return self.is_shared and member.can("views.manage")


class ViewMark(TeamModel):
    """What a member makes of a view: pinned in the sidebar, opened with People."""

    view = TeamForeignKey(
        SavedView, models.CASCADE, related_name="marks", db_index=False
    )
    member = TeamForeignKey(
        Membership, models.CASCADE, related_name="+", db_index=False
    )
    is_pinned = models.BooleanField(default=False)
    is_default = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "member", "view"], name="view_mark_once"
            ),
            models.UniqueConstraint(
                fields=["team", "member"],
                condition=Q(is_default=True),
                name="view_mark_one_default",
            ),
            models.UniqueConstraint(fields=["team", "id"], name="view_mark_team_id"),
        ]
        indexes = [models.Index(fields=["team", "view"], name="view_mark_team_view")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.view_id}"
