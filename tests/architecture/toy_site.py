"""A small site beside the real one: sound views, and each mistake that the walk must find.

The walk is only worth something if it fails when a defence is missing. `GOOD` views give no
finding; each `BAD` view carries one mistake and names the oracle that has to report it.
"""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import include, path
from django.utils.html import format_html, format_html_join
from django.views.decorators.csrf import csrf_exempt

from contacts.models import Contact, ContactEmail, ContactList, ListEntry, Person
from crm.jobs.models import Job
from crm.teams.models import Team, User
from crm.tenancy.scope import team_scope
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page
from tests.architecture.samples import Sample
from tests.architecture.world import NOW


class EntryForm(forms.Form):
    list = forms.ModelChoiceField(ContactList.objects.all())


class LeakyEntryForm(forms.Form):
    list = forms.ModelChoiceField(ContactList.across_teams.all())


class NameForm(forms.Form):
    name = forms.CharField(max_length=80)


def answer(form: forms.Form) -> HttpResponse:
    """The form with its choices and errors, invalid or new."""
    fields = format_html_join(
        "", "{}{}", ((field.name, "; ".join(field.errors)) for field in form)
    )
    choices = [name for field in form for name in getattr(field.field, "queryset", [])]
    body = format_html('<form method="post">{}{}</form>', fields, names(choices))
    return HttpResponse(body, status=422 if form.is_bound else 200)


def names(rows: Any) -> str:
    return format_html_join("", "<li>{}</li>", ((str(row),) for row in rows))


def by_list(contacts: Any, request: HttpRequest) -> Any:
    number = request.GET.get("list", "")
    chosen = ContactList.objects.filter(pk=number if number.isdigit() else None)
    return contacts.filter(list_entries__list__in=chosen) if number else contacts


# As it should be


@team_page("contacts.view")
def contact_list(request: TeamRequest) -> HttpResponse:
    contacts = by_list(Contact.objects.order_by("pk"), request)
    return HttpResponse(format_html("{} {}", contacts.count(), names(contacts)))


@team_page("contacts.view")
def contact_detail(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    shown = [contact, *contact.emails.order_by("pk"), *contact.list_entries.all()]
    return HttpResponse(names(shown))


@team_form("contacts.edit")
def list_create(request: TeamRequest) -> HttpResponse:
    form = NameForm(request.POST or None)
    if not form.is_valid():
        return answer(form)
    name = form.cleaned_data["name"]
    if ContactList.objects.filter(name=name).exists():
        return HttpResponse("That name is taken", status=422)
    ContactList.objects.create(name=name)
    return redirect("toys:contact_list", request.team.slug)


@team_form("contacts.edit")
def entry_create(request: TeamRequest, contact_id: int) -> HttpResponse:
    return _add_entry(request, contact_id, EntryForm(request.POST or None))


def _add_entry(request: TeamRequest, contact_id: int, form: forms.Form) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    if not form.is_valid():
        return answer(form)
    ListEntry.objects.get_or_create(contact=contact, list=form.cleaned_data["list"])
    messages.success(request, f"{contact} is in the list.")
    return redirect("toys:contact_list", request.team.slug)


@team_action("fields.manage")
def list_delete(request: TeamRequest, list_id: int) -> HttpResponse:
    chosen = get_object_or_404(ContactList, pk=list_id)
    chosen.entries.all().delete()
    chosen.delete()
    return redirect("toys:contact_list", request.team.slug)


@login_required
def me(request: HttpRequest) -> HttpResponse:
    return HttpResponse(format_html("{}", request.user))


def welcome(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Welcome")


# One mistake each


@team_page("contacts.view")
def idor_read(request: TeamRequest, contact_id: int) -> HttpResponse:
    return HttpResponse(names([get_object_or_404(Contact.across_teams, pk=contact_id)]))


@team_action("contacts.edit")
def idor_write(request: TeamRequest, contact_id: int) -> HttpResponse:
    Contact.across_teams.filter(pk=contact_id).update(title="Changed")
    return HttpResponse()


@team_action("contacts.edit")
def write_first(request: TeamRequest, contact_id: int) -> HttpResponse:
    Contact.across_teams.filter(pk=contact_id).update(title="Changed")
    get_object_or_404(Contact, pk=contact_id)
    return HttpResponse()


@team_action("contacts.edit")
def write_then_refuse(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    Contact.objects.filter(pk=contact.pk).update(title="Changed")
    if request.POST.get("title") != "Boss":
        raise PermissionDenied
    return HttpResponse()


@team_page("contacts.view")
def get_writes(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    Contact.objects.filter(pk=contact.pk).update(title="Seen")
    return HttpResponse(names([contact]))


@team_page("contacts.view")
def global_count(request: TeamRequest) -> HttpResponse:
    return HttpResponse(format_html("{} contacts", Contact.across_teams.count()))


@team_form("contacts.edit")
def form_across_teams(request: TeamRequest, contact_id: int) -> HttpResponse:
    return _add_entry(request, contact_id, LeakyEntryForm(request.POST or None))


def no_login(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Settings")


def own_page_without_check(request: HttpRequest, member_id: int) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("account_login")
    User.objects.filter(memberships=member_id).update(name="Changed")
    return HttpResponse()


@team_page("contacts.view")
def forbidden_not_missing(request: TeamRequest, contact_id: int) -> HttpResponse:
    if not Contact.objects.filter(pk=contact_id).exists():
        raise PermissionDenied
    return HttpResponse()


@csrf_exempt
@team_action("contacts.edit")
def without_csrf(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    Contact.objects.filter(pk=contact.pk).update(title="Changed")
    return HttpResponse()


@team_action("contacts.edit")
def mass_assignment(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact, pk=contact_id)
    kept = {
        f.name
        for f in Contact._meta.concrete_fields
        if not f.is_relation and not f.generated
    }
    given = {k: v for k, v in request.POST.items() if k in kept - {"id", "name_sort"}}
    Contact.objects.filter(pk=contact.pk).update(**given)
    return HttpResponse()


@team_page("contacts.view")
def filter_oracle(request: TeamRequest) -> HttpResponse:
    number = request.GET.get("list", "")
    found = number.isdigit() and ContactList.across_teams.filter(pk=number).exists()
    return HttpResponse(
        "Nobody is in this list" if found or not number else "No such list"
    )


@team_page("contacts.view")
def shared_cache(request: TeamRequest) -> HttpResponse:
    page = cache.get_or_set(
        "toy-names", lambda: str(names(Contact.objects.order_by("pk")))
    )
    return HttpResponse(page)


@team_action("contacts.edit")
def mail_leak(request: TeamRequest) -> HttpResponse:
    body = "\n".join(str(row) for row in Contact.across_teams.all())
    send_mail("People", body, None, [request.user.email])
    return HttpResponse()


@team_action("contacts.edit")
def toast_leak(request: TeamRequest) -> HttpResponse:
    messages.success(request, f"Not {Contact.across_teams.order_by('pk').last()}")
    return redirect("toys:contact_list", request.team.slug)


@team_page("contacts.view")
def redirect_oracle(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = get_object_or_404(Contact.across_teams, pk=contact_id)
    return redirect("toys:contact_detail", contact.team.slug, contact.pk)


@team_form("contacts.edit")
def duplicate_across_teams(request: TeamRequest) -> HttpResponse:
    name = request.POST.get("name", "")
    if ContactList.across_teams.filter(name=name).exists():
        return HttpResponse("That name is taken", status=422)
    if name:
        ContactList.objects.create(name=name)
    return HttpResponse()


@team_page("contacts.view")
def late_stream(request: TeamRequest) -> HttpResponse:
    def lines() -> Iterator[str]:
        yield from (str(row) for row in Contact.objects.order_by("pk"))

    return StreamingHttpResponse(lines())


@team_page("contacts.view")
def wide_stream(request: TeamRequest) -> HttpResponse:
    return StreamingHttpResponse(
        str(row) for row in Contact.across_teams.order_by("pk")
    )


@team_page("contacts.view")
def nested_row(request: TeamRequest, contact_id: int, email_id: int) -> HttpResponse:
    get_object_or_404(Contact, pk=contact_id)
    get_object_or_404(ContactEmail.across_teams, pk=email_id)
    return HttpResponse("Found")


@team_action("contacts.edit")
def directory_write(request: TeamRequest) -> HttpResponse:
    Person.objects.update(title="Changed")
    return HttpResponse()


@team_page("contacts.view")
def file_name_leak(request: TeamRequest) -> HttpResponse:
    other = Team.objects.order_by("pk").last()
    disposition = f'attachment; filename="{other.slug}.csv"'
    return HttpResponse("id", headers={"Content-Disposition": disposition})


@team_page("contacts.view")
def fragment_leak(request: TeamRequest) -> HttpResponse:
    if request.htmx and request.htmx.target == "people":
        return HttpResponse(names(Contact.across_teams.order_by("pk")))
    return HttpResponse('<a hx-get="" hx-target="#people">People</a>')


@team_action("contacts.edit")
def loose_reference(request: TeamRequest) -> HttpResponse:
    parameters = {"list": request.POST.get("list")}
    Job.objects.create(kind="toy", title="Toy", parameters=parameters, heartbeat_at=NOW)
    return HttpResponse()


@team_page("contacts.view")
def raw_sql(request: TeamRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM contacts_contact ORDER BY id")
        return HttpResponse(names(name for (name,) in cursor.fetchall()))


@team_action("contacts.edit")
def work_after_commit(request: TeamRequest) -> HttpResponse:
    transaction.on_commit(lambda: Contact.across_teams.update(title="Changed"))
    return HttpResponse()


@team_page("contacts.view")
def scope_of_another(request: TeamRequest) -> HttpResponse:
    other = Team.objects.order_by("pk").last()
    with team_scope(other.pk):
        return HttpResponse(names(Contact.objects.order_by("pk")))


@team_page("contacts.view")
def error_tells(request: TeamRequest, contact_id: int) -> HttpResponse:
    contact = Contact.across_teams.get(pk=contact_id)
    if contact.team_id != request.team.pk:
        return HttpResponse(format_html("{} is not yours", contact), status=404)
    return HttpResponse()


@team_page("contacts.view")
def missing_row_breaks(request: TeamRequest, contact_id: int) -> HttpResponse:
    return HttpResponse(names([Contact.objects.get(pk=contact_id)]))


@team_page("contacts.view")
def id_leak(request: TeamRequest) -> HttpResponse:
    return HttpResponse(str(list(Contact.across_teams.values_list("pk", flat=True))))


def unguarded_http404(request: HttpRequest, team: str) -> HttpResponse:
    if not Team.objects.filter(slug=team).exists():
        raise Http404
    return HttpResponse(names(Contact.across_teams.filter(team__slug=team)))


EMPTY = Sample(body=lambda rows: {}, changes_nothing="it has no body")
A_LIST = Sample(
    body=lambda rows: {"list": rows.contactlist.pk},
    query=lambda rows: {"list": rows.contactlist.pk},
)
A_NAME = Sample(body=lambda rows: {"name": "Press"})
A_TITLE = Sample(body=lambda rows: {"title": "Chair"})

CONTACT = "contacts/<int:contact_id>/"
# view -> (route below the team, its sample)
GOOD: dict[Any, tuple[str, Sample]] = {
    contact_list: ("", A_LIST),
    contact_detail: (CONTACT, Sample()),
    list_create: ("lists/", A_NAME),
    entry_create: (
        CONTACT + "lists/",
        Sample(
            args=lambda rows: {"contact_id": rows.second_contact.pk},
            body=lambda rows: {"list": rows.contactlist.pk},
        ),
    ),
    list_delete: ("lists/<int:list_id>/delete/", EMPTY),
}
# view -> (route below the team, its sample, the oracle that must speak)
BAD: dict[Any, tuple[str, Sample, str]] = {
    idor_read: (CONTACT, Sample(), "canary"),
    idor_write: (CONTACT, EMPTY, "state"),
    write_first: (CONTACT, EMPTY, "state"),
    write_then_refuse: (CONTACT, EMPTY, "state"),
    get_writes: (CONTACT, Sample(), "state"),
    global_count: ("", Sample(), "interference"),
    form_across_teams: (CONTACT, A_LIST, "crossing"),
    forbidden_not_missing: (CONTACT, Sample(), "status"),
    without_csrf: (CONTACT, EMPTY, "csrf"),
    mass_assignment: (CONTACT, A_TITLE, "forbidden key"),
    filter_oracle: ("", A_LIST, "filter"),
    shared_cache: ("", Sample(), "cache"),
    mail_leak: ("", EMPTY, "canary"),
    toast_leak: ("", EMPTY, "canary"),
    redirect_oracle: (CONTACT, Sample(), "status"),
    duplicate_across_teams: ("", A_NAME, "interference"),
    late_stream: ("", Sample(), "error"),
    wide_stream: ("", Sample(), "canary"),
    nested_row: (
        CONTACT + "emails/<int:email_id>/",
        Sample(
            args=lambda rows: {
                "contact_id": rows.contact.pk,
                "email_id": rows.contactemail.pk,
            }
        ),
        "status",
    ),
    directory_write: ("", EMPTY, "state"),
    file_name_leak: ("", Sample(), "canary"),
    fragment_leak: ("", Sample(), "canary"),
    loose_reference: ("", A_LIST, "foreign id"),
    raw_sql: ("", Sample(), "canary"),
    work_after_commit: ("", EMPTY, "state"),
    scope_of_another: ("", Sample(), "canary"),
    error_tells: (CONTACT, Sample(), "canary"),
    missing_row_breaks: (CONTACT, Sample(), "error"),
    id_leak: ("", Sample(), "canary"),
}
A_TEAM = Sample(args=lambda rows: {"team": rows.team.slug})
OPEN = Sample(public="it greets everybody")
# The same, outside a team.
GOOD_SITE = {me: ("me/", Sample()), welcome: ("welcome/", OPEN)}
BAD_SITE = {
    no_login: ("no-login/", Sample(), "status"),
    own_page_without_check: ("members/<int:member_id>/", EMPTY, "state"),
    unguarded_http404: ("teams/<slug:team>/", A_TEAM, "canary"),
}


def _routes(prefix: str, views: dict[Any, Any]) -> list[Any]:
    return [
        path(f"{prefix}{view.__name__}/{row[0]}", view, name=view.__name__)
        for view, row in views.items()
    ]


toys = [
    *_routes("t/<slug:team_slug>/toys/", GOOD),
    *_routes("t/<slug:team_slug>/toys/", BAD),
    *_routes("toys/", GOOD_SITE),
    *_routes("toys/", BAD_SITE),
]
urlpatterns = [path("", include((toys, "toys"))), path("", include("crm.urls"))]

SAMPLES = {
    f"toys:{view.__name__}": row[1]
    for views in (GOOD, BAD, GOOD_SITE, BAD_SITE)
    for view, row in views.items()
}
