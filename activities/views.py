"""The timeline of a contact, and logging what happened."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from accounts.models import Account
from activities import services
from activities.forms import ActivityForm
from activities.models import INTERACTIONS, Activity
from activities.panels.widgets import load_account_log, load_overview, load_timeline
from activities.queries import LOGGED, Composer, new_composer
from contacts.models import Contact
from contacts.panels.page import list_query
from contacts.queries.profile import find_contact, follow_merge
from crm.conflicts import RecordDeleted, Refused
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_form, team_page
from layouts.registry import Visit


@team_page("contacts.view")
def contact_timeline(request: TeamRequest, contact_id: int) -> HttpResponse:
    """Show older entries; htmx puts them below those that are there."""
    visit = _visit(request, contact_id)
    follow_merge(visit.record)
    context = {
        "contact": visit.record,
        "contact_url": visit.record.get_absolute_url(),
        "widget": load_timeline(visit),
        "section": "people",
    }
    return render_page(
        request,
        "activities/contact_timeline.html",
        context,
        partials={"timeline-older"},
    )


@team_page("contacts.view")
def account_timeline(request: TeamRequest, account_id: int) -> HttpResponse:
    """Show older entries of an account's log; htmx puts them below those that are there."""
    account = get_object_or_404(Account, pk=account_id)
    visit = Visit(
        record=account, member=request.member, params=request.GET, at=timezone.now()
    )
    url = reverse("accounts:account_detail", args=[request.team.slug, account_id])
    context = {
        "account": account,
        "account_url": url,
        "widget": load_account_log(visit),
        "section": "people",
    }
    return render_page(
        request,
        "activities/account_timeline.html",
        context,
        partials={"timeline-older"},
    )


@team_form("activities.log")
def activity_create(request: TeamRequest, contact_id: int) -> HttpResponse:
    visit = _visit(request, contact_id)
    if request.method != "POST":
        return _form(request, visit.record, new_composer(visit.at))
    form = ActivityForm(request.POST)
    activity = _log(request, visit, form) if form.is_valid() else None
    if activity is None:
        return _form(request, visit.record, form.composer(), status=422)
    undo = reverse("activities:activity_delete", args=[request.team.slug, activity.pk])
    label = LOGGED[Activity.Kind(activity.kind)][0]
    toast(request, _("%s logged") % label, undo=undo)
    if not request.htmx:
        return redirect(visit.record)
    # What the contact's page shows now, in place of the form and below it.
    context = {"widget": load_overview(visit), "contact": visit.record}
    response = render_page(request, "activities/_logged.html", context)
    trigger_client_event(response, "composer:close", after="settle")
    return trigger_client_event(response, "contactChanged")


@team_form("activities.log")
def activity_update(request: TeamRequest, activity_id: int) -> HttpResponse:
    activity = _own(request, activity_id)
    if request.method != "POST":
        return _form(request, activity.contact, _composer(activity), activity=activity)
    form = ActivityForm(request.POST)
    if form.is_valid() and _update(request, activity, form):
        toast(request, _("The activity was saved"))
        return redirect(activity.contact)
    return _form(
        request, activity.contact, form.composer(), activity=activity, status=422
    )


@team_form("activities.log")
def activity_delete(request: TeamRequest, activity_id: int) -> HttpResponse:
    activity = _own(request, activity_id)
    if request.method == "POST":
        try:
            services.delete_activity(activity_id=activity.pk, by=request.member)
        except RecordDeleted:
            text = _("This contact was deleted, so its timeline stays as it is.")
            toast(request, text, level=messages.ERROR)
        except Activity.DoesNotExist:
            raise Http404 from None  # a colleague was faster
        else:
            toast(request, _("The activity was deleted"))
        return redirect(activity.contact)
    context = {
        "activity": activity,
        "contact": activity.contact,
        "contact_url": activity.contact.get_absolute_url(),
        "action": request.path,
        "section": "people",
    }
    return render_page(
        request, "activities/activity_delete.html", context, partials={"modal"}
    )


def _visit(request: TeamRequest, contact_id: int) -> Visit:
    """Return a visit of the timeline alone: one query, not all of the contact's page."""
    contact = find_contact(contact_id)
    if contact is None:
        raise Http404
    return Visit(
        record=contact,
        member=request.member,
        params=request.GET,
        at=timezone.now(),
        list_query=list_query(request.GET),
    )


def _own(request: TeamRequest, activity_id: int) -> Activity:
    rows = Activity.objects.select_related("contact__team").filter(
        kind__in=INTERACTIONS
    )
    activity = get_object_or_404(rows, pk=activity_id)
    if not services.may_change(activity, request.member):
        raise PermissionDenied
    return activity


def _log(request: TeamRequest, visit: Visit, form: ActivityForm) -> Activity | None:
    try:
        return services.log_activity(
            contact_id=visit.record.pk,
            entry=form.entry(),
            key=form.cleaned_data["token"],
            by=request.member,
            at=visit.at,
        )
    except RecordDeleted:
        form.add_error(
            None, _("This contact was deleted. What you typed is still here.")
        )
    except Refused as refused:
        form.refuse(refused.key, str(refused))
    return None


def _update(request: TeamRequest, activity: Activity, form: ActivityForm) -> bool:
    try:
        services.update_activity(
            activity_id=activity.pk,
            entry=form.entry(),
            by=request.member,
            at=timezone.now(),
        )
    except RecordDeleted:
        form.add_error(
            None, _("This contact was deleted. What you typed is still here.")
        )
    except Activity.DoesNotExist:
        form.add_error(
            None, _("This activity was deleted. What you typed is still here.")
        )
    except Refused as refused:
        form.refuse(refused.key, str(refused))
    else:
        return True
    return False


def _composer(activity: Activity) -> Composer:
    moment = timezone.localtime(activity.occurred_at)
    return Composer(
        kind=activity.kind,
        direction=activity.direction,
        occurred_at=f"{moment:%Y-%m-%dT%H:%M}",
        outcome=activity.outcome,
        body=activity.body,
    )


def _form(
    request: TeamRequest,
    contact: Contact,
    composer: Composer,
    *,
    activity: Activity | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "composer": composer,
        "contact": contact,
        "activity": activity,
        "contact_url": contact.get_absolute_url(),
        # As a page it is a plain form; as a part of the contact's page htmx sends it.
        "is_full_page": not request.htmx,
        "back_url": "" if request.htmx else contact.get_absolute_url(),
        "section": "people",
        "action": request.get_full_path(),
    }
    return render_page(
        request,
        "activities/activity_form.html",
        context,
        partials={"modal", "composer", "activity-form"},
        status=status,
    )
