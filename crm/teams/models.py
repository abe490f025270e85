"""Users, teams, who is a member of which, and open invitations."""

from datetime import datetime
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.teams.roles import PERMISSIONS, Role
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class UserManager(BaseUserManager["User"]):
    """Creates users that sign in with an e-mail address."""

    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> "User":
        return self.create_user(
            email, password, is_staff=True, is_superuser=True, **fields
        )

    def get_by_natural_key(self, email: str) -> "User":
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. Being a superuser grants nothing inside a team."""

    class Theme(models.TextChoices):
        AUTO = "auto", _("Match system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        COMPACT = "compact", _("Compact")
        COMFORTABLE = "comfortable", _("Comfortable")

    email = models.EmailField(_("E-mail"), max_length=254, unique=True)
    name = models.CharField(_("Name"), max_length=120, blank=True)
    # Empty: the zone of the team in which the person works.
    time_zone = models.CharField(_("Time zone"), max_length=64, blank=True)
    theme = models.CharField(
        _("Theme"), max_length=8, choices=Theme, default=Theme.AUTO
    )
    density = models.CharField(
        _("Density"), max_length=12, choices=Density, default=Density.COMPACT
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email


class Team(models.Model):
    """The tenant: owns every business row."""

    name = models.CharField(_("Name"), max_length=80)
    slug = models.SlugField(_("Address"), max_length=50, unique=True)
    # Phone numbers without a country code are read as numbers of this country (ISO 3166-1).
    country = models.CharField(_("Country"), max_length=2, default="US")
    time_zone = models.CharField(_("Time zone"), max_length=64, default="UTC")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class MembershipQuerySet(TeamQuerySet):
    def active(self) -> Self:
        """Members who have not left, by name."""
        return (
            self.filter(removed_at=None)
            .select_related("user")
            .order_by("user__name", "user__email")
        )

    def who_can(self, permission: str) -> Self:
        """Members whose role grants the permission."""
        return self.filter(role__in=[r for r in Role if permission in PERMISSIONS[r]])


MembershipManager = TeamManager.from_queryset(MembershipQuerySet)


class Membership(TeamModel):
    """A user's place in a team. It stays when the member leaves: the past keeps its names."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(_("Role"), max_length=8, choices=Role, default=Role.REP)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    has_left = models.BooleanField(default=False)  # removed by nobody else

    objects = MembershipManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], name="membership_once_per_team"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="membership_team_id"),
        ]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def may_manage_team(self) -> bool:
        return self.can("team.manage")

    def can(self, permission: str) -> bool:
        """Return whether the role grants the permission of `roles.PERMISSION_TABLE`."""
        return permission in PERMISSIONS[self.role]

    def may_give_away(self, owner: "Membership | None") -> bool:
        """Return whether the member may give what `owner` has to another owner (product.md C12).

        Without this, a rep would take over whatever they may not delete, and delete it.
        """
        if self.can("contacts.reassign"):
            return True
        is_free = owner is None or owner == self or owner.removed_at is not None
        return is_free and self.can("contacts.edit")

    def gives_away(self) -> Q:
        """Return `may_give_away` as a condition on rows with an owner."""
        if self.can("contacts.reassign"):
            return Q()
        if not self.can("contacts.edit"):
            return Q(pk__in=[])
        left = Q(owner__removed_at__isnull=False)
        return Q(owner=None) | Q(owner=self) | left


class InvitationQuerySet(TeamQuerySet):
    def open(self, *, at: datetime) -> Self:
        """Invitations that can still be accepted."""
        return self.filter(
            accepted_at=None, revoked_at=None, expires_at__gt=at
        ).order_by("-created_at")


InvitationManager = TeamManager.from_queryset(InvitationQuerySet)


class Invitation(TeamModel):
    """An offer of a role in a team to the holder of an e-mail address; used at most once."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        ACCEPTED = "accepted", _("Accepted")
        REVOKED = "revoked", _("Revoked")
        EXPIRED = "expired", _("Expired")

    email = models.EmailField(_("E-mail"), max_length=254)  # in lower case
    role = models.CharField(_("Role"), max_length=8, choices=Role, default=Role.REP)
    # SHA-256 of the token in the link, so that a copy of the database opens no door.
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="invitation_team_id"),
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_once",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def status(self, *, at: datetime) -> Status:
        """Return whether the invitation can be accepted, and if not, why."""
        if self.accepted_at:
            return self.Status.ACCEPTED
        if self.revoked_at:
            return self.Status.REVOKED
        return self.Status.EXPIRED if self.expires_at <= at else self.Status.OPEN
