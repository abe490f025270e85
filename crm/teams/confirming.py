"""What asks for the password again where it was not typed lately (security.md E4)."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.htmx import toast
from crm.tenancy.views import TeamRequest

View = Callable[..., HttpResponse]


def recently_confirmed(*, back_to: str = "") -> Callable[[View], View]:
    """Guard a view by a recent password: who decides over members, or takes contacts out.

    Afterwards the person is on the page where they were, or, with the name of a page of the team,
    on that one with a word that says to try again: for views that are no pages themselves.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: TeamRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            signed_in = get_authentication_records(request, request.user)
            since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
            if any(record["at"] > since for record in signed_in):
                return view(request, *args, **kwargs)
            back = request.get_full_path()
            if back_to:
                back = reverse(back_to, args=[request.team.slug])
            if back_to or request.method == "POST":
                text = _("Confirm your password, then try again")
                toast(request, text, level=messages.INFO)
            query = urlencode({"next": back})
            return redirect(f"{reverse('account_reauthenticate')}?{query}")

        return guarded

    return decorate
