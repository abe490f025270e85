"""Saved views of the list of people (product.md P5)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.forms.saved_views import ChangedViewForm, NewViewForm
from contacts.models import SavedView
from contacts.queries.people_state import view_state
from contacts.services import viewing
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_action, team_form
from layouts.forms.records import sent_version


@team_form("contacts.view")
def saved_view_create(request: TeamRequest) -> HttpResponse:
    state = view_state(request.POST.get("state", request.META["QUERY_STRING"]))
    form = NewViewForm(
        request.POST or None, initial={"state": state}, member=request.member
    )
    if request.method == "POST" and form.is_valid():
        try:
            view = viewing.create_view(
                **{**form.cleaned_data, "state": state}, by=request.member
            )
        except viewing.NotKept as problem:
            form.add_error(None, str(problem))
        else:
            toast(request, _("View “%s” saved") % view.name)
            return redirect(_list_url(request, view))
    return _form_page(request, "contacts/saved_view_create.html", form, state=state)


@team_form("contacts.view")
def saved_view_update(request: TeamRequest, view_id: int) -> HttpResponse:
    view = _view(request, view_id)
    form = ChangedViewForm.of(view, request.POST or None, member=request.member)
    if request.method == "POST" and form.is_valid():
        changed = {"is_shared": view.is_shared, **form.cleaned_data}
        try:
            viewing.update_view(view, **changed, by=request.member)
        except viewing.NotAllowed:
            raise PermissionDenied from None
        except viewing.NotKept as problem:
            form.add_error(None, str(problem))
        else:
            toast(request, _("View “%s” saved") % form.cleaned_data["name"])
            return redirect(_list_url(request, view))
    return _form_page(request, "contacts/saved_view_update.html", form, view=view)


@team_action("contacts.view")
def saved_view_save(request: TeamRequest, view_id: int) -> HttpResponse:
    view = _view(request, view_id)
    if "state" not in request.POST:
        return HttpResponse(status=422)
    try:
        viewing.save_view_state(
            view,
            state=view_state(request.POST["state"]),
            version=sent_version(request.POST),
            by=request.member,
        )
    except viewing.NotAllowed:
        raise PermissionDenied from None
    except viewing.NotKept as problem:
        toast(request, str(problem), level=messages.ERROR)
    else:
        toast(request, _("View “%s” saved") % view.name)
    return redirect(_list_url(request, view))


@team_action("contacts.view")
def saved_view_duplicate(request: TeamRequest, view_id: int) -> HttpResponse:
    view = _view(request, view_id)
    try:
        copy = viewing.duplicate_view(view, by=request.member)
    except viewing.NotKept as problem:
        toast(request, str(problem), level=messages.ERROR)
        return redirect(_list_url(request, view))
    toast(request, _("View “%s” saved") % copy.name)
    return redirect(_list_url(request, copy))


@team_action("contacts.view")
def saved_view_mark(request: TeamRequest, view_id: int) -> HttpResponse:
    view = _view(request, view_id)
    marks = {
        name: request.POST[name] == "1"
        for name in ("is_pinned", "is_default")
        if name in request.POST
    }
    viewing.mark_view(view, **marks, by=request.member)
    return redirect(_list_url(request, view))


@team_form("contacts.view")
def saved_view_delete(request: TeamRequest, view_id: int) -> HttpResponse:
    view = _view(request, view_id)
    if request.method == "POST":
        try:
            viewing.delete_view(view, by=request.member)
        except viewing.NotAllowed:
            raise PermissionDenied from None
        toast(request, _("View “%s” was deleted") % view.name)
        return redirect("contacts:people_list", request.team.slug)
    context = {
        "view": view,
        "can_change": view.is_editable_by(request.member),
        "page_url": _list_url(request, view),
    }
    return render_page(
        request, "contacts/saved_view_delete.html", context, partials={"modal"}
    )


def _view(request: TeamRequest, view_id: int) -> SavedView:
    visible = SavedView.objects.visible_to(request.member).select_related("owner__user")
    return get_object_or_404(visible, pk=view_id)


def _list_url(request: TeamRequest, view: SavedView) -> str:
    url = reverse("contacts:people_list", kwargs={"team_slug": request.team.slug})
    return f"{url}?view={view.pk}"


def _form_page(
    request: TeamRequest,
    template: str,
    form: NewViewForm | ChangedViewForm,
    *,
    view: SavedView | None = None,
    state: str = "",
) -> HttpResponse:
    url = reverse("contacts:people_list", kwargs={"team_slug": request.team.slug})
    context = {
        "form": form,
        "view": view,
        "can_change": view is None or view.is_editable_by(request.member),
        "page_url": _list_url(request, view) if view else f"{url}?{state}",
        "action": request.path,
    }
    return render_page(
        request,
        template,
        context,
        partials={"modal", "view-form"},
        status=422 if form.is_bound else 200,
    )
