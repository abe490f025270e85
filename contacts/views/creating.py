"""Adding a contact by hand: a page, and the same in a dialog."""

import secrets
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Account
from contacts.forms.people import ContactForm
from contacts.models import Contact, ContactList, ContactStage
from contacts.panels.page import may_restore
from contacts.services.address_rows import EmailTaken
from contacts.services.blocking import Forgotten
from contacts.services.creating import NewContact, create_contact_once
from crm.addresses import BadEmail, BadPhone
from crm.conflicts import Refused
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_form, team_page
from crm.text import fold

OFFERED_ACCOUNTS = 20


@team_form("contacts.edit")
def contact_create(request: TeamRequest) -> HttpResponse:
    form = ContactForm(
        request.POST or None, member=request.member, initial=_initial(request)
    )
    obstacle: dict[str, Any] = {}
    if form.is_valid():
        contact, obstacle = _create(form, request)
        if contact:
            toast(request, _("%s was added") % contact.name)
            return redirect("contacts:contact_detail", request.team.slug, contact.pk)
    return render_page(
        request,
        "contacts/contact_form.html",
        {
            "section": "people",
            "form": form,
            "obstacle": obstacle,
            "shows_own": any(key in form.own for key in form.errors),
            "shows_lists": "lists" in form.errors or ContactList.objects.exists(),
        },
        partials={"modal", "contact-form"},
        status=422 if form.is_bound else 200,
    )


@team_page("contacts.edit")
def account_names(request: TeamRequest) -> HttpResponse:
    typed = fold(request.GET.get("account", "").replace("\x00", "")[:200])
    found = (
        Account.objects.search(typed).for_picker()[:OFFERED_ACCOUNTS] if typed else []
    )
    return render_page(request, "contacts/account_names.html", {"accounts": found})


def _initial(request: TeamRequest) -> dict[str, Any]:
    return {
        "token": secrets.token_urlsafe(12),
        "owner": request.member.pk,
        "stage": ContactStage.objects.filter(is_first=True).first(),
    }


def _create(
    form: ContactForm, request: TeamRequest
) -> tuple[Contact | None, dict[str, Any]]:
    """Return the new contact, or else what is in the way; errors go to the form."""
    try:
        new = NewContact(**form.new_contact())
        key, at = form.cleaned_data["token"], timezone.now()
        return create_contact_once(key=key, new=new, by=request.member, at=at), {}
    except BadEmail as problem:
        form.add_error("email", str(problem))
    except BadPhone as problem:
        form.add_error("phone", str(problem))
    except EmailTaken as problem:
        form.add_error("email", str(problem))
        holder = problem.contact
        return None, {
            "holder": holder,
            "can_restore": may_restore(holder, request.member),
        }
    except Forgotten as problem:
        form.add_error(problem.key, str(problem))
        return None, {"can_lift": request.member.can("contacts.forget")}
    except Refused as problem:
        key = problem.key if problem.key in form.own else "account"
        form.add_error(key, str(problem))
    return None, {}
