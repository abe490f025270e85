"""An account's page, editing it in place, and choosing one."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import services
from accounts.followers import who_follows
from accounts.forms import account_form
from accounts.models import Account
from accounts.panels import PAGE, WIDGET, AccountRows
from accounts.queries import (
    account_field_of,
    account_fields,
    account_page,
    account_values,
    find_accounts,
    text_in,
)
from crm.conflicts import EditConflict, Refused
from crm.history.services.recording import last_change_set
from crm.htmx import fragment_wanted, render_page, render_question, toast
from crm.tenancy.views import TeamRequest, team_form, team_page
from layouts import registry
from layouts.fields import Field, owner_choices
from layouts.forms.records import RecordForm
from layouts.kinds.base import CustomValue
from layouts.overview import ACCOUNT_PAGE
from layouts.registry import ACCOUNT, Visit


@team_page("contacts.view")
def account_detail(request: TeamRequest, account_id: int) -> HttpResponse:
    account = _account(account_id)
    visit = Visit(
        record=account, member=request.member, params=request.GET, at=timezone.now()
    )
    wanted = fragment_wanted(request, {f"w-{key}" for key in ACCOUNT_PAGE})
    keys = [wanted.removeprefix("w-")] if wanted else list(ACCOUNT_PAGE)
    placed = registry.compose(keys, visit, record=ACCOUNT)
    if wanted and placed:
        context = {"widget": placed[0].context, "account": account, "visit": visit}
        return render_page(request, placed[0].template, context)
    rows = AccountRows(account, by=request.member)
    context = {
        "account": account,
        "rows": [
            *(rows.row(key) for key in account_fields()),
            *(rows.custom(*entry) for entry in account_values(account)),
        ],
        "placed": placed,
        "visit": visit,
        "section": "people",
    }
    return render_page(request, "accounts/account_detail.html", context)


@team_page("contacts.view")
def account_picker(request: TeamRequest) -> HttpResponse:
    """Answer with the accounts that match what is typed, to choose one of."""
    search = request.GET.get("account_name", "")
    context = {
        "accounts": find_accounts(search),
        "search": search.strip(),
        "chosen": request.GET.get("account", ""),
        "section": "people",
    }
    return render_page(
        request, "accounts/account_picker.html", context, partials={"account-options"}
    )


@team_page("contacts.view")
def account_field(request: TeamRequest, account_id: int, key: str) -> HttpResponse:
    """Answer with a value as it is read, for whoever cancels editing it."""
    account = _account(account_id)
    if not request.htmx:
        return redirect("accounts:account_detail", request.team.slug, account_id)
    return render_page(request, "layouts/_props.html", _row(request, account, key))


@team_form("contacts.edit")
def account_field_edit(request: TeamRequest, account_id: int, key: str) -> HttpResponse:
    account = _account(account_id)
    row = _row(request, account, key)["rows"][0]
    data = request.POST if request.method == "POST" else None
    form = account_form(data, account=account, listed=[_field(key)], by=request.member)
    form.in_place()
    if key == "owner" and (question := _asked_owner(request, account, form)):
        return _ask_owner(request, question)
    if _save(request, account, form):
        if request.htmx:
            saved = _row(request, _account(account_id), key)
            _say_saved(request, _("%s saved") % _field(key).label)
            return render_page(request, "layouts/_props.html", saved)
        _say_saved(request, _("The account was saved"))
        return redirect("accounts:account_detail", request.team.slug, account_id)
    context = _editor(request, account, key) | {"form": form, "row": row}
    part = "#editor" if request.htmx else ""
    return render_page(
        request,
        f"accounts/account_field_edit.html{part}",
        context,
        status=422 if form.is_bound else 200,
    )


@team_form("contacts.edit")
def account_owner(request: TeamRequest, account_id: int) -> HttpResponse:
    """Ask who else gets the account's new owner, then give all of them to that owner (C12)."""
    account = _account(account_id)
    data = request.POST if request.method == "POST" else None
    form = account_form(
        data, account=account, listed=[_field("owner")], by=request.member
    )
    followers = request.POST.get("also", "")
    if form.is_bound and followers in ("", "followers"):
        give = partial(services.give_account, with_followers=bool(followers))
        if _save(request, account, form, save=give):
            _say_saved(request, _("The owner was changed"))
            return redirect("accounts:account_detail", request.team.slug, account_id)
    asked = form.data if form.is_bound else request.GET
    context = _owner_question(request, account, form, str(asked.get("owner", "")))
    if not context:
        return redirect("accounts:account_detail", request.team.slug, account_id)
    return _ask_owner(request, context, status=422 if form.is_bound else 200)


def _ask_owner(
    request: TeamRequest, question: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    return render_question(
        request, "accounts/account_owner.html", question, status=status
    )


def _asked_owner(
    request: TeamRequest, account: Account, form: RecordForm
) -> dict[str, Any]:
    """Return the question that a new owner leads to; nothing where saving just goes on or fails."""
    if not form.is_valid() or not account.is_reassignable_by(request.member):
        return {}
    edit = form.edit()
    is_current = edit.originals.get("owner") == form.texts["owner"]
    if "owner" not in edit.touched() or not is_current:
        return {}
    return _owner_question(request, account, form, edit.new["owner"])


def _owner_question(
    request: TeamRequest, account: Account, form: RecordForm, owner: str
) -> dict[str, Any]:
    """Return what templates/accounts/account_owner.html shows, nothing where there is nothing to ask."""
    is_id = owner.isascii() and owner.isdigit() and len(owner) <= 18
    member = owner_choices(request.member).filter(pk=owner).first() if is_id else None
    if owner and member is None:
        return {}
    said = who_follows(account.pk, member.pk if member else None, request.member)
    if not said:
        return {}
    slug = request.team.slug
    return {
        "account": account,
        "member": member,
        "followers": ", ".join(said),
        "owner": owner,
        "hidden": form.hidden,
        "problems": [str(text) for errors in form.errors.values() for text in errors],
        "action": reverse("accounts:account_owner", args=[slug, account.pk]),
        "page_url": reverse("accounts:account_detail", args=[slug, account.pk]),
        "section": "people",
    }


def _account(account_id: int) -> Account:
    account = account_page(account_id)
    if account is None:
        raise Http404
    return account


def _row(request: TeamRequest, account: Account, key: str) -> dict[str, Any]:
    field = _field(key)
    rows = AccountRows(account, by=request.member, place=_place(request), focus=key)
    if isinstance(field, CustomValue):
        return {"rows": [rows.custom(field, text_in(account, field))]}
    return {"rows": [rows.row(key)]}


def _field(key: str) -> Field:
    field = account_field_of(key)
    if field is None:
        raise Http404
    return field


def _place(request: TeamRequest) -> str:
    return WIDGET if request.GET.get("place") == WIDGET else PAGE


def _editor(request: TeamRequest, account: Account, key: str) -> dict[str, Any]:
    def url(name: str) -> str:
        path = reverse(f"accounts:{name}", args=[request.team.slug, account.pk, key])
        return f"{path}?place={_place(request)}"

    return {
        "account": account,
        "key": key,
        "label": _field(key).label,
        "row_id": AccountRows(account, by=request.member, place=_place(request)).id_of(
            key
        ),
        "action": url("account_field_edit"),
        "cancel": url("account_field"),
        "page_url": reverse(
            "accounts:account_detail", args=[request.team.slug, account.pk]
        ),
        "section": "people",
    }


def _save(
    request: TeamRequest,
    account: Account,
    form: RecordForm,
    *,
    save: Callable[..., Account] = services.update_account,
) -> bool:
    """Write a valid form; the reasons against it stand in the form."""
    if not form.is_valid():
        return False
    try:
        save(
            account_id=account.pk,
            edit=form.edit(),
            by=request.member,
            at=timezone.now(),
        )
    except EditConflict as conflict:
        form.show_conflict(conflict)
    except Refused as refused:
        form.show_refusal(refused)
    else:
        return True
    return False


def _say_saved(request: TeamRequest, text: str) -> None:
    change_set = last_change_set()
    undo = (
        reverse("contacts:change_set_undo", args=[request.team.slug, change_set])
        if change_set
        else ""
    )
    toast(request, text, undo=undo)
