"""Editing a contact: one value in place, everything in the dialog, and its lists."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from contacts.forms.editing import ContactForm
from contacts.models import Contact
from contacts.panels.after_edit import (
    dialog_keys,
    editor,
    keys_of,
    page_url,
    saved_parts,
    saved_text,
)
from contacts.panels.header import identity
from contacts.panels.history import undo_last
from contacts.panels.owning import owner_question
from contacts.panels.page import visit_contact
from contacts.panels.rows import HEADER, place_query
from contacts.queries.fields import ADDRESS
from contacts.queries.owner_offers import offer_for
from contacts.queries.profile import Profile, find_profile
from contacts.services import editing, owning
from crm.conflicts import EditConflict, RecordDeleted, Refused
from crm.htmx import render_page, render_question, toast
from crm.tenancy.views import TeamRequest, team_form, team_page
from layouts.fields import owner_choices
from layouts.queries import custom_fields, custom_values
from layouts.registry import Visit


@team_page("contacts.view")
def contact_field(request: TeamRequest, contact_id: int, key: str) -> HttpResponse:
    """Answer with a value as it is read, for whoever cancels editing it."""
    profile = _profile(contact_id)
    visit = _visit(request, profile, focus=key)
    keys_of(key)
    _require_address(profile, key)
    if not request.htmx:
        return redirect(page_url(visit))
    context = {"visit": visit, **saved_parts(visit, key, request.GET.get("place", ""))}
    return render_page(request, "contacts/_field.html", context)


@team_form("contacts.edit")
def contact_field_edit(request: TeamRequest, contact_id: int, key: str) -> HttpResponse:
    profile = _profile(contact_id)
    _require_address(profile, key)
    form = _form(request, profile, keys_of(key))
    form.in_place()
    if key == "owner" and (question := _asked_owner(request, profile, form)):
        return _ask_owner(request, question)
    saved = _save(request, contact_id, form)
    visit = _visit(request, saved or profile, focus=key)
    if saved and request.htmx:
        parts = saved_parts(visit, key, request.GET.get("place", ""), is_saved=True)
        is_removed = form.data.get("do") == "remove"
        _say_saved(request, saved_text(visit, key, is_removed=is_removed))
        answer = render_page(request, "contacts/_saved_field.html", parts)
        return trigger_client_event(answer, "contactSaved")
    if saved:
        _say_saved(request, _("The contact was saved"))
        return redirect(page_url(visit))
    if request.htmx and form.is_bound and request.GET.get("place") == HEADER:
        return _stage_refused(request, visit, form)
    context = editor(visit, key, form, place=request.GET.get("place", ""))
    part = "#editor" if request.htmx else ""
    return render_page(
        request,
        f"contacts/contact_field_edit.html{part}",
        context,
        status=_status(form),
    )


@team_form("contacts.edit")
def contact_update(request: TeamRequest, contact_id: int) -> HttpResponse:
    profile = _profile(contact_id)
    custom = custom_fields()
    form = _form(request, profile, dialog_keys(profile, custom, sent=request.POST))
    form.in_dialog()
    saved = _save(request, contact_id, form)
    visit = _visit(request, saved or profile)
    if saved:
        _say_saved(request, _("The contact was saved"))
        return redirect(_after_owner(visit, profile) or page_url(visit))
    context = {"contact": profile.contact, "form": form, "page_url": page_url(visit)}
    return render_page(
        request,
        "contacts/contact_update.html",
        context,
        partials={"modal", "edit-contact-form"},
        status=_status(form),
    )


@team_form("contacts.edit")
def contact_owner(request: TeamRequest, contact_id: int) -> HttpResponse:
    """Ask who else gets the contact's new owner, then give all of them to that owner (C12)."""
    profile = _profile(contact_id)
    form = _form(request, profile, ["owner"])
    visit = _visit(request, profile)
    sent = request.POST.get("also", "")
    if form.is_bound and sent in list(owning.Also):
        give = partial(owning.give_contact, also=owning.Also(sent))
        if _save(request, contact_id, form, save=give):
            _say_saved(request, _("The owner was changed"))
            return redirect(page_url(visit))
    asked = form.data if form.is_bound else request.GET
    context = _owner_question(visit, form, str(asked.get("owner", "")))
    if not context:
        return redirect(page_url(visit))
    return _ask_owner(request, context, status=422 if form.is_bound else 200)


@team_form("contacts.edit")
def contact_add_to_list(request: TeamRequest, contact_id: int) -> HttpResponse:
    profile = _profile(contact_id)
    form = _form(request, profile, ["lists"])
    saved = _save(request, contact_id, form)
    visit = _visit(request, saved or profile)
    if saved:
        _say_saved(request, _("The lists were saved"))
        return redirect(page_url(visit))
    context = {"contact": profile.contact, "form": form, "page_url": page_url(visit)}
    return render_page(
        request,
        "contacts/contact_add_to_list.html",
        context,
        partials={"modal", "add-to-list-form"},
        status=_status(form),
    )


def _say_saved(request: TeamRequest, text: str) -> None:
    toast(request, text, undo=undo_last(request.team.slug))


def _stage_refused(
    request: TeamRequest, visit: Visit, form: ContactForm
) -> HttpResponse:
    """Show the top of the page as it is now, with the reason why the menu changed nothing."""
    reasons = [str(reason) for errors in form.errors.values() for reason in errors]
    context = {**identity(visit), "notice": " ".join(reasons)}
    return render_page(request, "contacts/_identity.html", context, status=422)


def _profile(contact_id: int) -> Profile:
    profile = find_profile(contact_id)
    if profile is None:
        raise Http404
    return profile


def _visit(request: TeamRequest, profile: Profile, **more: str) -> Visit:
    return visit_contact(
        profile,
        member=request.member,
        params=request.GET,
        at=timezone.now(),
        tab=request.GET.get("tab", ""),
        **more,
    )


def _form(request: TeamRequest, profile: Profile, keys: Iterable[str]) -> ContactForm:
    contact = profile.contact
    texts = editing.read_texts(contact, keys, by=request.member, at=timezone.now())
    has_custom = any(key.startswith("custom-") for key in texts)
    return ContactForm(
        request.POST if request.method == "POST" else None,
        texts=texts,
        version=contact.version,
        by=request.member,
        custom=custom_values() if has_custom else (),
        primary_key=_primary(profile, next(iter(texts), "")),
    )


def _ask_owner(
    request: TeamRequest, question: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return render_question(
        request, "contacts/contact_owner.html", question, status=status
    )


def _asked_owner(
    request: TeamRequest, profile: Profile, form: ContactForm
) -> dict[str, Any]:
    """Return the question that a new owner leads to; nothing where saving just goes on or fails."""
    if not form.is_valid() or not profile.contact.is_reassignable_by(request.member):
        return {}
    edit, visit = form.edit(), _visit(request, profile)
    is_current = edit.originals.get("owner") == form.texts["owner"]
    if "owner" not in edit.touched() or not is_current:
        return {}
    return _owner_question(visit, form, edit.new["owner"])


def _owner_question(visit: Visit, form: ContactForm, owner: str) -> dict[str, Any]:
    """Return what templates/contacts/contact_owner.html shows, nothing where there is nothing to ask."""
    member = (
        owner_choices(visit.member).filter(pk=owner).first() if _is_id(owner) else None
    )
    if owner and member is None:
        return {}
    contact: Contact = visit.record
    owner_id = member.pk if member else None
    offer = offer_for(contact, owner_id=owner_id, by=visit.member)
    if offer is None:
        return {}
    path = reverse("contacts:contact_owner", args=[visit.member.team.slug, contact.pk])
    return {
        **owner_question(contact, offer, member),
        "contact": contact,
        "owner": owner,
        "hidden": form.hidden,
        "problems": [str(text) for errors in form.errors.values() for text in errors],
        "action": f"{path}?{place_query(visit, '')}",
        "page_url": page_url(visit),
    }


def _after_owner(visit: Visit, before: Profile) -> str:
    """Return where to ask about the new owner of a contact that was saved; "" for nothing to ask."""
    contact: Contact = visit.record
    if contact.owner_id == before.contact.owner_id:
        return ""
    if offer_for(contact, owner_id=contact.owner_id, by=visit.member) is None:
        return ""
    path = reverse("contacts:contact_owner", args=[visit.member.team.slug, contact.pk])
    return f"{path}?owner={contact.owner_id or ''}&{place_query(visit, '')}"


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _save(
    request: TeamRequest,
    contact_id: int,
    form: ContactForm,
    *,
    save: Callable[..., Contact] = editing.update_contact,
) -> Profile | None:
    """Write a valid form; return the contact as it is now, or None with the reasons in the form."""
    if not form.is_valid() or _is_search(form):
        return None
    try:
        save(
            contact_id=contact_id,
            edit=form.edit(),
            by=request.member,
            at=timezone.now(),
        )
    except EditConflict as conflict:
        form.show_conflict(conflict)
    except RecordDeleted:
        form.show_deleted(_("This contact was deleted. What you typed is still here."))
    except Refused as refused:
        form.show_refusal(refused)
    else:
        return _profile(contact_id)
    return None


def _primary(profile: Profile, key: str) -> str:
    """Return the key of the first address of the kind that is edited."""
    prefix = key.partition("-")[0]
    pks = {
        "email": [email.pk for email in profile.emails],
        "phone": [phone.pk for phone in profile.phones],
    }.get(prefix)
    return f"{prefix}-{pks[0]}" if pks else ""


def _is_search(form: ContactForm) -> bool:
    """Whether only the accounts to choose from are asked for, by a browser without scripts."""
    return form.data.get("do") == "search"


def _status(form: ContactForm) -> int:
    return 422 if form.is_bound and not _is_search(form) else 200


def _require_address(profile: Profile, key: str) -> None:
    """Raise Http404 for an address that is not one of the contact's."""
    match = ADDRESS.fullmatch(key)
    if match is None or match[2].startswith("new"):
        return
    rows = profile.emails if match[1] == "email" else profile.phones
    if int(match[2]) not in {row.pk for row in rows}:
        raise Http404
