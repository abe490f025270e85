"""Who is signed in, with the teams they are in: read together, because every page needs both."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from crm.teams.models import User
from crm.teams.queries import remember_memberships, user_with_memberships


class MembershipBackend(AuthenticationBackend):
    """Loads the user of a session and the memberships in one query."""

    def get_user(self, user_id: Any) -> User | None:
        user, memberships = user_with_memberships(user_id)
        if user is None:
            return super().get_user(user_id)
        if not self.user_can_authenticate(user):
            return None
        remember_memberships(user, memberships)
        return user
