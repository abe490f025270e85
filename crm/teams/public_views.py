"""The invitation link: for people who are not members yet, signed in or not."""

from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm.htmx import render_page, toast
from crm.teams import queries, services
from crm.teams.models import Invitation

# What the page says, and the status that says the same to programs.
STATUS = {
    "unknown": 404,
    Invitation.Status.ACCEPTED: 410,
    Invitation.Status.REVOKED: 410,
    Invitation.Status.EXPIRED: 410,
}


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation, whoever asks; take it by POST, once."""
    invitation = queries.invitation_for(token)
    if invitation is None or request.method != "POST":
        return _page(request, invitation)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    try:
        services.accept_invitation(invitation, user=request.user, at=timezone.now())
    except services.AlreadyMember:
        pass
    except services.Refused:
        return _page(request, invitation)
    else:
        toast(request, _("Welcome to %(team)s") % {"team": invitation.team})
    return redirect("teams:team_home", invitation.team.slug)


def _page(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    state = _state(request, invitation)
    back = urlencode({"next": request.path})
    signup_url = f"{reverse('account_signup')}?{back}"
    if invitation is not None:
        signup_url += "&" + urlencode({"email": invitation.email})
    context = {
        "invitation": invitation,
        "state": state,
        "back": request.path,
        "login_url": f"{reverse('account_login')}?{back}",
        "signup_url": signup_url,
    }
    status = STATUS.get(state, 200)
    return render_page(request, "teams/invitation_accept.html", context, status=status)


def _state(request: HttpRequest, invitation: Invitation | None) -> str:
    """Return "unknown", "member", "signed_out", "other_address", "open", or why it is closed."""
    if invitation is None:
        return "unknown"
    user = request.user
    if user.is_authenticated and any(
        member.team_id == invitation.team_id for member in queries.memberships_of(user)
    ):
        return "member"
    status = invitation.status(at=timezone.now())
    if status != Invitation.Status.OPEN:
        return str(status)
    if not user.is_authenticated:
        return "signed_out"
    return "open" if user.email.lower() == invitation.email else "other_address"
