"""Settings, Fields: the fields that a team adds to its people and companies (product.md C61)."""

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from crm.conflicts import Refused
from crm.htmx import render_page, toast
from crm.tenancy.views import TeamRequest, team_action, team_form, team_page
from layouts import queries
from layouts.forms.fields import DescriptionForm, NewFieldForm, OptionForm, RemovalForm
from layouts.models import CustomField, FieldOption
from layouts.services import fields as services
from layouts.services.removing import remove_option

Record = CustomField.Record


@team_page("fields.manage")
def field_list(request: TeamRequest) -> HttpResponse:
    record = _record(request)
    context = {
        "fields": queries.listed_fields(record),
        "is_company": record == Record.ACCOUNT,
        "record": record,
        "limit": services.MAX_FIELDS,
    }
    return _page(request, "field_list", context)


@team_form("fields.manage")
def field_create(request: TeamRequest) -> HttpResponse:
    record = _record(request)
    form = NewFieldForm(request.POST or None)
    if form.is_valid():
        try:
            field = services.create_custom_field(
                name=form.cleaned_data["name"],
                kind=form.cleaned_data["kind"],
                record=record,
                described=services.Described(**form.described()),
                options=form.cleaned_data["options"],
                by=request.member,
            )
        except Refused as refused:
            _show(form, refused, other="options")
        else:
            toast(request, _("“%s” was added") % field.name)
            return redirect(_list_url(request, record))
    context = {"form": form, "back": _list_url(request, record), "record": record}
    return _page(request, "field_create", context, form)


@team_form("fields.manage")
def field_update(request: TeamRequest, field_id: int) -> HttpResponse:
    field = _field(field_id)
    form = DescriptionForm(request.POST or None, field=field)
    if form.is_valid():
        try:
            services.update_custom_field(
                field=field,
                name=form.cleaned_data["name"],
                described=services.Described(**form.described()),
                by=request.member,
            )
        except Refused as refused:
            _show(form, refused, other="name")
        else:
            toast(request, _("The field was saved"))
            return redirect(_list_url(request, field.record))
    return _field_page(request, field, form, OptionForm())


@team_action("fields.manage")
def field_move(request: TeamRequest, field_id: int) -> HttpResponse:
    field = _field(field_id)
    up = request.POST.get("to") == "up"
    services.move_field(field=field, up=up, by=request.member)
    focus = f"field-{field.pk}-{'up' if up else 'down'}"
    return redirect(f"{_list_url(request, field.record)}&focus={focus}")


@team_form("fields.manage")
def field_delete(request: TeamRequest, field_id: int) -> HttpResponse:
    field = _field(field_id)
    back = _list_url(request, field.record)
    if request.method == "POST":
        services.delete_field(field=field, by=request.member)
        toast(request, _("“%s” was deleted") % field.name)
        return redirect(back)
    context = {"field": field, "number": queries.count_values(field), "back": back}
    return _page(request, "field_delete", context)


@team_action("fields.manage")
def option_create(request: TeamRequest, field_id: int) -> HttpResponse:
    field = _field(field_id, has_options=True)
    form = OptionForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["option"]
        try:
            services.add_option(field=field, name=name, by=request.member)
        except Refused as refused:
            form.add_error("option", str(refused))
        else:
            return redirect(_field_url(request, field))
    return _field_page(request, field, DescriptionForm(field=field), form)


@team_action("fields.manage")
def option_update(request: TeamRequest, option_id: int) -> HttpResponse:
    option = _option(option_id)
    form = OptionForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["option"]
        try:
            services.rename_option(option=option, name=name, by=request.member)
        except Refused as refused:
            form.add_error("option", str(refused))
        else:
            toast(request, _("The option was saved"))
            return redirect(_field_url(request, option.field))
    page = DescriptionForm(field=option.field)
    return _field_page(request, option.field, page, form, option_id)


@team_action("fields.manage")
def option_move(request: TeamRequest, option_id: int) -> HttpResponse:
    option = _option(option_id)
    up = request.POST.get("to") == "up"
    services.move_option(option=option, up=up, by=request.member)
    return redirect(_field_url(request, option.field))


@team_form("fields.manage")
def option_remove(request: TeamRequest, option_id: int) -> HttpResponse:
    option = _option(option_id)
    form = RemovalForm(
        request.POST if request.method == "POST" else None, option=option
    )
    back = _field_url(request, option.field)
    if form.is_valid():
        remove_option(option=option, target=form.chosen(), by=request.member)
        toast(request, _("“%s” was removed") % option.name)
        return redirect(back)
    number = queries.count_option(option)
    context = {"option": option, "form": form, "number": number, "back": back}
    return _page(request, "option_remove", context, form)


def _field_page(
    request: TeamRequest,
    field: CustomField,
    form: DescriptionForm,
    option_form: OptionForm,
    option_id: int = 0,
) -> HttpResponse:
    options = list(FieldOption.objects.filter(field=field).in_order())
    context = {
        "field": field,
        "form": form,
        "option_form": option_form,
        "failed_option": option_id,
        "options": options,
        "back": _list_url(request, field.record),
    }
    bound = option_form if option_form.is_bound else form
    return _page(request, "field_update", context, bound)


def _page(
    request: TeamRequest,
    name: str,
    context: dict[str, Any],
    form: forms.Form | None = None,
) -> HttpResponse:
    context |= {"section": "settings", "settings_section": "fields"}
    status = 422 if form is not None and form.is_bound else 200
    return render_page(request, f"layouts/{name}.html", context, status=status)


def _show(form: forms.Form, refused: Refused, *, other: str) -> None:
    form.add_error(refused.key if refused.key in form.fields else other, str(refused))


def _record(request: TeamRequest) -> str:
    wanted = request.GET.get("of")
    return Record.ACCOUNT if wanted == Record.ACCOUNT else Record.CONTACT


def _list_url(request: TeamRequest, record: str) -> str:
    return f"{reverse('layouts:field_list', args=[request.team.slug])}?of={record}"


def _field_url(request: TeamRequest, field: CustomField) -> str:
    return reverse("layouts:field_update", args=[request.team.slug, field.pk])


def _field(field_id: int, *, has_options: bool = False) -> CustomField:
    field = CustomField.objects.filter(pk=field_id).first()
    if field is None or (has_options and not field.has_options):
        raise Http404
    return field


def _option(option_id: int) -> FieldOption:
    option = FieldOption.objects.select_related("field").filter(pk=option_id).first()
    if option is None:
        raise Http404
    return option
