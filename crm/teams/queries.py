"""Reads that look across teams or join what one page shows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.db.models import Q, QuerySet
from django.urls import Resolver404, resolve

from crm.teams.models import Invitation, Membership, User
from crm.teams.roles import Role, outranks

_REMEMBERED = "_memberships"


def memberships_of(user: User) -> list[Membership]:
    """Return the user's active memberships with their teams, by the team's name."""
    memberships = list(_memberships(user.pk).select_related("team"))
    for membership in memberships:
        membership.user = user
    return memberships


def user_with_memberships(user_id: int) -> tuple[User | None, list[Membership]]:
    """Return a user and what `memberships_of` returns in one query; None for who is in no team."""
    memberships = list(_memberships(user_id).select_related("team", "user"))
    if not memberships:
        return None, []
    user = memberships[0].user
    for membership in memberships:
        membership.user = user
    return user, memberships


def remember_memberships(user: User, memberships: list[Membership]) -> None:
    """Keep what was just read for `take_memberships`."""
    setattr(user, _REMEMBERED, memberships)


def take_memberships(user: User) -> list[Membership]:
    """Return what was read with the user of this request, once; after that it could be out of date."""
    found = getattr(user, _REMEMBERED, None)
    setattr(user, _REMEMBERED, None)
    return found or memberships_of(user)


def _memberships(user_id: int) -> QuerySet[Membership]:
    rows = Membership.across_teams.filter(user_id=user_id, removed_at=None)
    return rows.order_by("team__name", "pk")


def hash_token(token: str) -> str:
    """Return what the database keeps of an invitation's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_for(token: str) -> Invitation | None:
    """Return the invitation whose link holds the token, with its team and inviter."""
    return (
        Invitation.across_teams.select_related("team", "invited_by__user")
        .filter(token_hash=hash_token(token))
        .first()
    )


def open_invitation_at(path: str, *, at: datetime) -> Invitation | None:
    """Return the invitation whose page has this path, if it can still be accepted."""
    try:
        token = resolve(urlsplit(path).path).kwargs.get("token")
    except (Resolver404, ValueError):
        return None
    invitation = invitation_for(token) if token else None
    is_open = invitation and invitation.status(at=at) == Invitation.Status.OPEN
    return invitation if is_open else None


def invitations_sent(by: Membership, *, since: datetime) -> int:
    """Return how many invitations went out from the team of `by`, or from that person anywhere."""
    sent = Invitation.across_teams.filter(created_at__gt=since)
    ours = Q(team_id=by.team_id) | Q(invited_by__user_id=by.user_id)
    return sent.filter(ours).count()


def teams_made(owner: User, *, since: datetime) -> int:
    """Return how many teams exist since then whose first member the user is."""
    owned = Membership.across_teams.filter(user=owner, role=Role.OWNER)
    return owned.filter(team__created_at__gt=since).count()


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """One line of the members page, as the person who reads it may act on it."""

    member: Membership
    is_self: bool
    is_last_owner: bool
    can_change: bool


@dataclass(frozen=True, kw_only=True)
class MemberPage:
    """Everything on the members page."""

    rows: list[MemberRow]
    invitations: list[Invitation]


def member_page(*, by: Membership, at: datetime) -> MemberPage:
    """Return the members and open invitations of the team in scope, as `by` sees them."""
    members = list(Membership.objects.active())
    owners = [m for m in members if m.role == Role.OWNER and m.user.is_active]
    manages = by.can("members.manage")
    rows = [
        MemberRow(
            member=member,
            is_self=member.pk == by.pk,
            is_last_owner=owners == [member],
            can_change=manages and not outranks(member.role, by.role),
        )
        for member in members
    ]
    invitations = Invitation.objects.open(at=at).select_related("invited_by__user")
    return MemberPage(rows=rows, invitations=list(invitations) if manages else [])
