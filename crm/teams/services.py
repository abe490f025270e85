"""Every write to users, teams, memberships and invitations."""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from crm.teams import queries
from crm.teams.models import Invitation, Membership, Team, User
from crm.teams.queries import hash_token
from crm.teams.roles import Role, outranks
from crm.teams.signals import team_created
from crm.tenancy.scope import team_scope

logger = logging.getLogger(__name__)

INVITATION_LIFETIME = timedelta(days=7)
INVITATIONS_PER_DAY = 100  # of a team, and of a person in all teams
TEAMS_PER_DAY = 10
SLUG_ATTEMPTS = 5


class Refused(Exception):
    """The team's rules do not allow the change; its text is what to tell the person."""

    message: str | Promise = ""

    def __str__(self) -> str:
        return str(self.message)


class LastOwner(Refused):
    message = _("A team needs an owner. Make somebody else an owner first.")


class RoleAboveYours(Refused):
    message = _("You cannot give or take a role above your own.")


class AlreadyMember(Refused):
    message = _("This person is already a member.")


class AlreadyInvited(Refused):
    message = _(
        "This address has an open invitation. Revoke it below to send a new one."
    )


class LeftByChoice(Refused):
    message = _("This person left the team. Invite them to come back.")


class TooManyInvitations(Refused):
    message = _("100 invitations were sent in a day. Continue tomorrow.")


class TooManyTeams(Refused):
    message = _("You made many teams today. Continue tomorrow.")


class InvitationForSomeoneElse(Refused):
    message = _("This invitation is for another e-mail address.")


class InvitationClosed(Refused):
    """The invitation was used or revoked, or is too old; `status` says which."""

    message = _("This invitation can no longer be accepted.")

    def __init__(self, status: Invitation.Status) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class SentInvitation:
    """A new invitation with its link, which nobody can read again later."""

    invitation: Invitation
    url: str
    is_mailed: bool


def update_user(
    user: User, *, name: str, time_zone: str, theme: str, density: str
) -> None:
    user.name, user.time_zone = name, time_zone
    user.theme, user.density = theme, density
    user.save(update_fields=["name", "time_zone", "theme", "density"])


def set_preferences(user: User, *, theme: str = "", density: str = "") -> None:
    """Change what is given and leave the rest."""
    user.theme = theme or user.theme
    user.density = density or user.density
    user.save(update_fields=["theme", "density"])


@transaction.atomic
def create_team(
    *,
    name: str,
    owner: User,
    slug: str = "",
    country: str = "US",
    time_zone: str = "UTC",
) -> Membership:
    """Create a team with all it needs and return the membership of its owner, the user.

    Raise TooManyTeams for a user who already made TEAMS_PER_DAY within a day.
    """
    lately = timezone.now() - timedelta(days=1)
    if queries.teams_made(owner, since=lately) >= TEAMS_PER_DAY:
        raise TooManyTeams
    team = _create_team_row(
        name=name.strip(), slug=slug, country=country, time_zone=time_zone
    )
    with team_scope(team.pk):
        member = Membership.objects.create(team=team, user=owner, role=Role.OWNER)
        team_created.send(sender=Team, team=team)
    return member


def _create_team_row(*, name: str, slug: str, country: str, time_zone: str) -> Team:
    for attempt in range(SLUG_ATTEMPTS):
        try:
            with transaction.atomic():
                return Team.objects.create(
                    name=name,
                    slug=slug or free_slug(name),
                    country=country,
                    time_zone=time_zone,
                )
        except IntegrityError:
            # Somebody else took the free slug a moment ago.
            if slug or attempt == SLUG_ATTEMPTS - 1:
                raise
    raise AssertionError("The loop above returns or raises.")


def free_slug(name: str) -> str:
    """Return a slug for the name that no team has: "acme", "acme-2", ..."""
    stem = slugify(name)[:40].strip("-_") or "team"
    taken = set(
        Team.objects.filter(slug__startswith=stem).values_list("slug", flat=True)
    )
    return next(
        slug
        for n in range(1, len(taken) + 2)
        if (slug := stem if n == 1 else f"{stem}-{n}") not in taken
    )


def update_team(team: Team, *, name: str, country: str, time_zone: str) -> None:
    team.name, team.country, team.time_zone = name, country, time_zone
    team.save(update_fields=["name", "country", "time_zone"])


@transaction.atomic
def change_role(member: Membership, *, role: str, by: Membership, at: datetime) -> None:
    """Give the member another role; raise RoleAboveYours or LastOwner where the rules forbid it."""
    member = _lock_member(member)
    _refuse_above(by, role, member.role)
    if member.role == Role.OWNER and role != Role.OWNER:
        _refuse_last_owner(member)
    member.role = role
    member.save(update_fields=["role"])
    _revoke_unbacked(member, at=at)


@transaction.atomic
def remove_member(member: Membership, *, by: Membership, at: datetime) -> None:
    """Take the member out of the team, from the next request on; leaving is removing oneself."""
    member = _lock_member(member)
    _refuse_above(by, member.role)
    if member.role == Role.OWNER:
        _refuse_last_owner(member)
    member.removed_at, member.has_left = at, member.pk == by.pk
    member.save(update_fields=["removed_at", "has_left"])
    _revoke_unbacked(member, at=at)


@transaction.atomic
def restore_member(member: Membership, *, by: Membership) -> None:
    """Take back a removal: the member returns with the role of then.

    Raise LeftByChoice for somebody who left: only they decide to come back.
    """
    member = _lock_member(member)
    _refuse_above(by, member.role)
    if member.has_left:
        raise LeftByChoice
    member.removed_at = None
    member.save(update_fields=["removed_at"])


def invite_member(
    *, email: str, role: str, by: Membership, at: datetime
) -> SentInvitation:
    """Offer the role to the holder of the address and mail the link.

    A refusing mail server does not undo the invitation: the link can still be handed over.
    """
    _refuse_above(by, role)
    token = secrets.token_urlsafe(32)
    invitation = _create_invitation(
        email=email.strip().lower(), role=role, token=token, by=by, at=at
    )
    path = reverse("teams:invitation_accept", kwargs={"token": token})
    url = f"{settings.SITE_URL}{path}"
    is_mailed = _mail_invitation(invitation, url=url)
    return SentInvitation(invitation=invitation, url=url, is_mailed=is_mailed)


@transaction.atomic
def _create_invitation(
    *, email: str, role: str, token: str, by: Membership, at: datetime
) -> Invitation:
    _lock_team(by.team_id)
    if Membership.objects.active().filter(user__email=email).exists():
        raise AlreadyMember
    pending = Invitation.objects.filter(email=email, accepted_at=None, revoked_at=None)
    pending.filter(expires_at__lte=at).update(revoked_at=at)
    if pending.exists():
        raise AlreadyInvited
    since = at - timedelta(days=1)
    if queries.invitations_sent(by, since=since) >= INVITATIONS_PER_DAY:
        raise TooManyInvitations
    return Invitation.objects.create(
        email=email,
        role=role,
        token_hash=hash_token(token),
        invited_by=by,
        expires_at=at + INVITATION_LIFETIME,
    )


def _mail_invitation(invitation: Invitation, *, url: str) -> bool:
    context = {
        "invitation": invitation,
        "url": url,
        "site_url": settings.SITE_URL,
    }
    subject = render_to_string("teams/email/invitation_subject.txt", context)
    body = render_to_string("teams/email/invitation_message.txt", context)
    try:
        send_mail(" ".join(subject.split()), body, None, [invitation.email])
    except (OSError, SMTPException) as error:
        logger.warning("Invitation %s was not mailed: %s", invitation.pk, error)
        return False
    # Mail that is only printed (no EMAIL_URL) reaches nobody.
    return not settings.EMAIL_BACKEND.endswith(".console.EmailBackend")


def revoke_invitation(invitation: Invitation, *, by: Membership, at: datetime) -> None:
    """Close the invitation; raise InvitationClosed when it is not open any more."""
    _refuse_above(by, invitation.role)
    pending = Invitation.objects.filter(pk=invitation.pk).open(at=at)
    if not pending.update(revoked_at=at):
        invitation.refresh_from_db()
        raise InvitationClosed(invitation.status(at=at))


@transaction.atomic
def accept_invitation(
    invitation: Invitation, *, user: User, at: datetime
) -> Membership:
    """Make the user a member, once however often it is asked; a removed member returns.

    Raises InvitationForSomeoneElse, AlreadyMember or InvitationClosed.
    """
    if invitation.email != user.email.lower():
        raise InvitationForSomeoneElse
    with team_scope(invitation.team_id):
        if Membership.objects.filter(user=user, removed_at=None).exists():
            raise AlreadyMember
        # The condition is part of the write, so that of many attempts one succeeds.
        pending = Invitation.objects.filter(pk=invitation.pk).open(at=at)
        if not pending.update(accepted_at=at):
            invitation.refresh_from_db()
            raise InvitationClosed(invitation.status(at=at))
        member, is_new = Membership.objects.get_or_create(
            user=user, defaults={"role": invitation.role}
        )
        if not is_new:
            member.role, member.removed_at = invitation.role, None
            member.has_left = False
            member.save(update_fields=["role", "removed_at", "has_left"])
    return member


def _lock_team(team_id: int) -> None:
    """Let changes of the team's members happen one after another."""
    Team.objects.select_for_update(no_key=True).get(pk=team_id)


def _lock_member(member: Membership) -> Membership:
    _lock_team(member.team_id)
    return Membership.objects.select_related("user").get(pk=member.pk)


def _refuse_above(by: Membership, *roles: str) -> None:
    if any(outranks(role, by.role) for role in roles):
        raise RoleAboveYours


def _refuse_last_owner(member: Membership) -> None:
    owners = Membership.objects.active().filter(role=Role.OWNER, user__is_active=True)
    if not owners.exclude(pk=member.pk).exists():
        raise LastOwner


def _revoke_unbacked(member: Membership, *, at: datetime) -> None:
    """Close the invitations that the member could no longer give."""
    pending = Invitation.objects.filter(invited_by=member).open(at=at)
    if not member.removed_at:
        pending = pending.filter(
            role__in=[role for role in Role if outranks(role, member.role)]
        )
    pending.update(revoked_at=at)
