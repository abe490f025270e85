"""One sample for every URL of the site: arguments, a valid body, and the exceptions it may claim.

A URL without a sample fails the build. Arguments that carry their usual name (`contact_id`) are
taken from ARGUMENTS; a view that accepts POST says what a valid body is.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailConfirmationHMAC
from allauth.account.utils import user_pk_to_url_str
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from contacts.queries.filters import registered
from crm.teams.roles import Role
from tests.architecture.field_samples import FIELDS
from tests.architecture.sample import Sample, Values
from tests.architecture.view_samples import VIEWS
from tests.architecture.world import Rows
from tests.factories import PASSWORD

# Arguments by name, the same in every URL.
ARGUMENTS: dict[str, Callable[[Rows], Any]] = {
    "contact_id": lambda rows: rows.contact.pk,
    "account_id": lambda rows: rows.account.pk,
    "member_id": lambda rows: rows.member.pk,
    "invitation_id": lambda rows: rows.invitation.pk,
    "job_id": lambda rows: rows.job.pk,
    "export_id": lambda rows: rows.contactexport.pk,
    "import_id": lambda rows: rows.contactimport.pk,
    "selection_id": lambda rows: rows.selection.pk,
    "list_id": lambda rows: rows.contactlist.pk,
    "flag_id": lambda rows: rows.contactflag.pk,
    "view_id": lambda rows: rows.savedview.pk,
    "field_id": lambda rows: rows.customfield.pk,
    "erasure_id": lambda rows: rows.erasure.pk,
    "option_id": lambda rows: rows.fieldoption.pk,
    "activity_id": lambda rows: rows.activity.pk,
}

# Who may do what, as product.md T2 and the table shown in Settings promise it: the lowest role.
# Written down a second time on purpose, so that the table in the code cannot widen unseen.
LOWEST_ROLE = {
    "team.view": Role.VIEWER,
    "contacts.view": Role.VIEWER,
    "contacts.edit": Role.REP,
    "activities.log": Role.REP,
    "contacts.delete_own": Role.REP,
    "contacts.assign": Role.REP,
    "contacts.reassign": Role.MANAGER,
    "contacts.delete": Role.MANAGER,
    "contacts.merge": Role.REP,
    "contacts.forget": Role.ADMIN,
    "contacts.import": Role.REP,
    "history.undo": Role.MANAGER,
    "contacts.export_own": Role.REP,
    "contacts.export": Role.MANAGER,
    "flags.review": Role.ADMIN,
    "views.share": Role.REP,
    "views.manage": Role.ADMIN,
    "fields.manage": Role.ADMIN,
    "members.manage": Role.ADMIN,
    "team.manage": Role.ADMIN,
    "team.own": Role.OWNER,
}
RANKS = [Role.VIEWER, Role.REP, Role.MANAGER, Role.ADMIN, Role.OWNER]


def role_may(role: str, permission: str) -> bool:
    """Return whether the promised table grants the permission to the role."""
    lowest = LOWEST_ROLE.get(permission)
    return lowest is not None and RANKS.index(Role(role)) >= RANKS.index(lowest)


SECOND_PASSWORD = "another-horse-battery"
PROBE = "probes answer whoever runs the processes and say nothing of a team"
SIGN_IN = "the way in is open to everybody"
HALFWAY = "it is shown only in the middle of signing in"
LEADS_ON = "it only leads to another page"
ONLY_POST = "it only takes a POST"
BY_LINK = "the link was mailed to the person it is for"


def _key(rows: Rows) -> Values:
    """Return the arguments of the link that sets a new password for the team's rep."""
    user = rows.member.user
    key = default_token_generator.make_token(user)
    return {"uidb36": user_pk_to_url_str(user), "key": key}


SITE: dict[str, Sample] = {
    "healthz": Sample(public=PROBE, no_page=PROBE),
    "readyz": Sample(public=PROBE, no_page=PROBE),
    "account_login": Sample(
        public=SIGN_IN,
        body=lambda rows: {"login": rows.owner.user.email, "password": PASSWORD},
    ),
    "account_logout": Sample(body=lambda rows: {}),
    "account_signup": Sample(
        public=SIGN_IN,
        body=lambda rows: {
            "name": "Grace",
            "email": "grace@new.example",
            "password1": SECOND_PASSWORD,
        },
    ),
    "account_inactive": Sample(public=SIGN_IN),
    "account_reauthenticate": Sample(body=lambda rows: {"password": PASSWORD}),
    "account_email": Sample(
        body=lambda rows: {"action_add": "", "email": "grace@new.example"}
    ),
    "account_email_verification_sent": Sample(public=SIGN_IN),
    "account_confirm_email": Sample(
        public=BY_LINK,
        capability=BY_LINK,
        args=lambda rows: {"key": EmailConfirmationHMAC(rows.email_address).key},
        body=lambda rows: {},
    ),
    "account_change_password": Sample(
        body=lambda rows: {
            "oldpassword": PASSWORD,
            "password1": SECOND_PASSWORD,
            "password2": SECOND_PASSWORD,
        }
    ),
    "account_set_password": Sample(no_page=LEADS_ON),
    "account_reset_password": Sample(
        public=SIGN_IN, body=lambda rows: {"email": rows.owner.user.email}
    ),
    "account_reset_password_done": Sample(public=SIGN_IN),
    "account_reset_password_from_key": Sample(
        public=BY_LINK,
        capability=BY_LINK,
        args=_key,
        body=lambda rows: {"password1": SECOND_PASSWORD, "password2": SECOND_PASSWORD},
    ),
    "account_reset_password_from_key_done": Sample(public=SIGN_IN),
    "mfa_index": Sample(),
    "mfa_authenticate": Sample(no_page=HALFWAY, body=lambda rows: {"code": "123456"}),
    "mfa_reauthenticate": Sample(poster=Role.REP, body=lambda rows: {"code": "123456"}),
    "mfa_activate_totp": Sample(
        random="it offers a new secret every time",
        body=lambda rows: {"code": "123456"},
    ),
    "mfa_deactivate_totp": Sample(poster=Role.REP, body=lambda rows: {}),
    "mfa_view_recovery_codes": Sample(poster=Role.REP),
    "mfa_generate_recovery_codes": Sample(poster=Role.REP, body=lambda rows: {}),
    "mfa_download_recovery_codes": Sample(no_page="it is a file"),
}
A_TEAM = {"name": "Initech", "country": "DE", "time_zone": "Europe/Berlin"}
LAST_OWNER = "a team keeps an owner"
TEAMS: dict[str, Sample] = {
    "teams:home": Sample(no_page=LEADS_ON),
    "teams:team_list": Sample(),
    "teams:team_create": Sample(body=lambda rows: A_TEAM),
    "teams:user_settings": Sample(
        body=lambda rows: {
            "name": "Grace",
            "time_zone": "Europe/Berlin",
            "theme": "dark",
            "density": "compact",
        }
    ),
    "teams:preferences": Sample(
        no_page=ONLY_POST, body=lambda rows: {"theme": "dark", "next": "/teams/"}
    ),
    "teams:invitation_accept": Sample(
        public=BY_LINK,
        capability=BY_LINK,
        args=lambda rows: {"token": rows.token},
        body=lambda rows: {},
        answers=(404, 410),
    ),
    "teams:team_home": Sample(no_page=LEADS_ON),
    "teams:member_list": Sample(),
    "teams:member_leave": Sample(
        body=lambda rows: {},
        poster=Role.ADMIN,
        refuses={Role.OWNER: LAST_OWNER},
    ),
    "teams:member_role": Sample(body=lambda rows: {"role": Role.VIEWER}),
    "teams:member_remove": Sample(body=lambda rows: {}),
    "teams:member_restore": Sample(
        args=lambda rows: {"member_id": rows.removed.pk}, body=lambda rows: {}
    ),
    "teams:invitation_create": Sample(
        body=lambda rows: {"email": "grace@new.example", "role": Role.REP}
    ),
    "teams:invitation_revoke": Sample(body=lambda rows: {}),
    "teams:role_list": Sample(),
    "teams:team_settings": Sample(body=lambda rows: A_TEAM),
}


def _csv() -> SimpleUploadedFile:
    return SimpleUploadedFile("people.csv", b"Name,E-mail\nEve,eve@new.example\n")


def _mapping(rows: Rows) -> Values:
    columns = {f"column-{n}": key for n, key in enumerate(rows.contactimport.mapping)}
    chosen = {"existing": "empty", "binned": "restore", "country": "US"}
    chosen |= {"stage": rows.contactstage.pk}
    chosen |= {"owner": rows.member.pk, "list": rows.contactlist.pk}
    return {**columns, **chosen}


IMPORTS: dict[str, Sample] = {
    "contacts:import_create": Sample(body=lambda rows: {"file": _csv()}),
    "contacts:import_mapping": Sample(body=_mapping),
    "contacts:import_check": Sample(
        args=lambda rows: {"import_id": rows.checked_import.pk}
    ),
    "contacts:import_start": Sample(
        args=lambda rows: {"import_id": rows.checked_import.pk}, body=lambda rows: {}
    ),
    "contacts:import_discard": Sample(
        args=lambda rows: {"import_id": rows.checked_import.pk}, body=lambda rows: {}
    ),
    "contacts:export_create": Sample(
        body=lambda rows: {"file_format": "csv", "columns": "all"}
    ),
    "contacts:export_download": Sample(
        no_page="it is a file",
        answers=(404,),  # it is for whoever asked for it, and for admins
    ),
    "contacts:export_list": Sample(
        query=lambda rows: {"cursor": ""}, variants=("?cursor=nowhere",)
    ),
    "jobs:job_detail": Sample(
        query=lambda rows: {"outcome": "created", "cursor": ""},
        variants=(
            "?outcome=refused",
            "?outcome=partial",
            "?outcome=nothing",
            "?cursor=nowhere",
        ),
    ),
    "jobs:job_ledger": Sample(no_page="it is a file"),
}
PART = "it is a part of another page"


def _people_query(rows: Rows) -> Values:
    names = ("q", "scope", "sort", "cols", "cursor", "panel", "view", "edited")
    return dict.fromkeys([*names, *(entry.key for entry in registered())], "")


def _state(rows: Rows) -> Values:
    return {"person": rows.person.pk, "state": "scope=net-new"}


def _new_contact(rows: Rows) -> Values:
    return {
        "first_name": "Eve",
        "last_name": "Moneypenny",
        "email": "eve@new.example",
        "phone": "+12025550133",
        "account": "Hooli",
        "stage": rows.contactstage.pk,
        "owner": rows.member.pk,
        "lists": [rows.contactlist.pk],
    }


PEOPLE: dict[str, Sample] = {
    "contacts:people_list": Sample(
        query=_people_query,
        variants=(
            "?scope=total",
            "?scope=net-new",
            "?scope=saved&q=ada&panel=1",
            "?q=nobody-has-this-name",
            "?sort=-created&cursor=nowhere",
        ),
    ),
    "contacts:people_save": Sample(body=_state),
    "contacts:contact_create": Sample(body=_new_contact),
    "contacts:account_names": Sample(
        query=lambda rows: {"account": ""}, variants=("?account=company",), no_page=PART
    ),
}


def _bulk(key: str, body: Callable[[Rows], Values]) -> Sample:
    return Sample(
        args=lambda rows: {"selection_id": rows.selection.pk, "key": key},
        body=lambda rows: {"number": rows.selection.total, **body(rows)},
    )


BULK: dict[str, Sample] = {
    "contacts:people_number": Sample(query=_people_query, no_page=PART),
    "contacts:people_select": Sample(
        args=lambda rows: {"key": "set-stage"},
        body=lambda rows: {"contact": rows.contact.pk, "state": ""},
    ),
    "contacts:people_select#all": Sample(
        args=lambda rows: {"key": "delete"},
        body=lambda rows: {"all": "1", "number": "", "state": "q=ada"},
    ),
    "contacts:bulk_action": _bulk(
        "set-stage", lambda rows: {"stage": rows.other_stage.pk}
    ),
    "contacts:bulk_action#owner": _bulk(
        "assign-owner", lambda rows: {"owner": rows.owner.pk, "accounts": "on"}
    ),
    "contacts:bulk_action#add": _bulk(
        "add-to-list", lambda rows: {"list": rows.contactlist.pk}
    ),
    "contacts:bulk_action#remove": _bulk(
        "remove-from-list", lambda rows: {"list": rows.contactlist.pk}
    ),
    "contacts:bulk_action#field": replace(
        _bulk("set-field", lambda rows: {"field": "country", "text": "NO"}),
        query=lambda rows: {"field": ""},
        variants=("?field=city", "?field=country", "?field=nothing"),
    ),
    "contacts:bulk_action#delete": _bulk("delete", lambda rows: {}),
}


def _field(key: Callable[[Rows], str], *, page: str = PART) -> Sample:
    return Sample(
        args=lambda rows: {"contact_id": rows.contact.pk, "key": key(rows)},
        variants=("?place=c", "?place=f&tab=all-fields"),
        no_page=page,
    )


def _edit(key: Callable[[Rows], str], value: Callable[[Rows], Any]) -> Sample:
    return Sample(
        args=lambda rows: {"contact_id": rows.contact.pk, "key": key(rows)},
        body=lambda rows: {key(rows): value(rows), "version": rows.contact.version},
    )


def _email_key(rows: Rows) -> str:
    return f"email-{rows.contactemail.pk}"


def _phone_key(rows: Rows) -> str:
    return f"phone-{rows.contactphone.pk}"


def _custom_key(rows: Rows) -> str:
    return f"custom-{rows.customfield.pk}"


def _lists(rows: Rows) -> Values:
    chosen = {"lists": [], "new_list": "Board", "lists-sent": "1"}
    return {**chosen, "version": rows.contact.version}


def _dialog(rows: Rows) -> Values:
    return {
        "first_name": "Ada",
        "last_name": "Byron",
        "stage": rows.contactstage.pk,
        "owner": rows.member.pk,
        "account": rows.account.pk,
        "email-new": "ada@new.example",
        "email-new-kind": "work",
        "version": rows.contact.version,
    }


PROFILE: dict[str, Sample] = {
    "contacts:contact_detail": Sample(
        query=lambda rows: dict.fromkeys(("kind", "log", "older", "list", "owner"), ""),
        variants=("?kind=calls", "?kind=changes&log=account", "?older=nowhere"),
    ),
    "contacts:contact_record": Sample(),
    "contacts:contact_fields": Sample(
        query=lambda rows: {"find": "", "group": "", "of": ""},
        variants=("?find=name", "?of=company", "?group=social", "?find=no-such-field"),
    ),
    "contacts:contact_identity": Sample(no_page=PART),
    "contacts:contact_widget": Sample(
        args=lambda rows: {"contact_id": rows.contact.pk, "key": "account"},
        no_page=PART,
    ),
    "contacts:contact_widget#overview": Sample(
        args=lambda rows: {"contact_id": rows.contact.pk, "key": "account-overview"},
        no_page=PART,
    ),
    "contacts:contact_field": _field(lambda rows: "title"),
    "contacts:contact_field#email": _field(_email_key),
    "contacts:contact_field#custom": _field(_custom_key),
    "contacts:contact_field_edit": _edit(lambda rows: "title", lambda rows: "Chair"),
    "contacts:contact_field_edit#stage": _edit(
        lambda rows: "stage", lambda rows: rows.other_stage.pk
    ),
    "contacts:contact_field_edit#owner": _edit(
        lambda rows: "owner", lambda rows: rows.owner.pk
    ),
    "contacts:contact_field_edit#account": _edit(
        lambda rows: "account", lambda rows: rows.other_account.pk
    ),
    "contacts:contact_field_edit#email": _edit(
        _email_key, lambda rows: "ada@new.example"
    ),
    "contacts:contact_field_edit#phone": _edit(_phone_key, lambda rows: "+12025550133"),
    "contacts:contact_field_edit#custom": _edit(_custom_key, lambda rows: "Small"),
    "contacts:contact_field_edit#new": _edit(
        lambda rows: "email-new", lambda rows: "ada@new.example"
    ),
    "contacts:contact_update": Sample(body=_dialog),
    "contacts:contact_owner": Sample(
        query=lambda rows: {"owner": rows.owner.pk},
        body=lambda rows: {"owner": rows.owner.pk, "version": rows.contact.version},
    ),
    "contacts:contact_add_to_list": Sample(body=_lists),
    "contacts:contact_delete": Sample(body=lambda rows: {}),
    "contacts:contact_restore": Sample(
        args=lambda rows: {"contact_id": rows.deleted_contact.pk}, body=lambda rows: {}
    ),
}

HISTORY: dict[str, Sample] = {
    "contacts:contact_field_history": Sample(
        args=lambda rows: {"contact_id": rows.contact.pk, "key": "title"}
    ),
    "contacts:change_set_undo": Sample(
        args=lambda rows: {"change_set_id": rows.act.pk}, body=lambda rows: {}
    ),
}

DELETED: dict[str, Sample] = {
    "contacts:deleted_list": Sample(
        query=lambda rows: dict.fromkeys(("q", "cursor"), ""),
        variants=("?q=gone", "?q=nobody", "?cursor=nowhere"),
    ),
    "contacts:contact_detail#deleted": Sample(
        args=lambda rows: {"contact_id": rows.deleted_contact.pk}
    ),
    "contacts:contact_forget": Sample(body=lambda rows: {"name": rows.contact.name}),
    "contacts:forgotten_list": Sample(
        query=lambda rows: dict.fromkeys(("q", "cursor"), ""),
        variants=("?q=nobody@x.example", "?cursor=nowhere"),
    ),
    "contacts:erasure_lift": Sample(body=lambda rows: {}),
    "contacts:erasure_renew": Sample(
        args=lambda rows: {"erasure_id": rows.lifted_erasure.pk}, body=lambda rows: {}
    ),
    "contacts:deleted_restore": Sample(
        body=lambda rows: {"contact": rows.deleted_contact.pk, "put_back": "lists"}
    ),
}


def _pair(rows: Rows) -> Values:
    return {"contact_id": rows.contact.pk, "other_id": rows.second_contact.pk}


DUPLICATES: dict[str, Sample] = {
    "contacts:contact_merge": Sample(
        query=lambda rows: {"q": ""}, variants=("?q=bob", "?q=nobody")
    ),
    "contacts:merge_review": Sample(
        args=_pair,
        query=lambda rows: {"contact": "", "keep": ""},
        body=lambda rows: {
            f"version-{row.pk}": row.version
            for row in (rows.contact, rows.second_contact)
        },
    ),
    "contacts:merge_selection": Sample(no_page=LEADS_ON),
    "contacts:duplicate_list": Sample(
        query=lambda rows: {"show": "", "cursor": ""},
        variants=("?show=dismissed", "?cursor=nowhere"),
    ),
    "contacts:duplicate_merge_all": Sample(
        args=lambda rows: {"kind": "phone"},
        body=lambda rows: {"up_to": rows.duplicatepair.pk},
    ),
    "contacts:duplicate_search": Sample(no_page=ONLY_POST, body=lambda rows: {}),
    "contacts:duplicate_dismiss": Sample(
        no_page=ONLY_POST, args=_pair, body=lambda rows: {}
    ),
    "contacts:duplicate_reopen": Sample(
        no_page=ONLY_POST,
        args=lambda rows: {
            "contact_id": rows.second_contact.pk,
            "other_id": rows.deleted_contact.pk,
        },
        body=lambda rows: {},
    ),
}


ESTATES: dict[str, Sample] = {
    "contacts:member_records": Sample(
        args=lambda rows: {"member_id": rows.removed.pk},
        body=lambda rows: {"heir": rows.member.pk},
    ),
}
FLAGS: dict[str, Sample] = {
    "contacts:contact_flag": Sample(
        query=lambda rows: {"key": "title"},
        variants=("?key=title", "?key=last_name&tab=all-fields"),
        body=lambda rows: {
            "value": ["last_name"],
            "right-last_name": "Byron",
            "reason": "wrong",
            "text": "",
        },
    ),
    "contacts:contact_unflag": Sample(
        args=lambda rows: {"contact_id": rows.contact.pk, "key": rows.contactflag.key},
        body=lambda rows: {},
    ),
    "contacts:flag_list": Sample(
        query=lambda rows: {"reason": "wrong", "field": "email", "cursor": ""},
        variants=("?reason=wrong&field=title", "?cursor=nowhere", "?reason=other"),
    ),
    "contacts:flag_accept": Sample(body=lambda rows: {}),
    "contacts:flag_dismiss": Sample(body=lambda rows: {}),
    "contacts:flag_reopen": Sample(
        args=lambda rows: {"flag_id": rows.cleared_flag.pk}, body=lambda rows: {}
    ),
}


def _account_field(key: str, value: Callable[[Rows], Any]) -> Sample:
    return Sample(
        args=lambda rows: {"account_id": rows.account.pk, "key": key},
        body=lambda rows: {key: value(rows), "version": rows.account.version},
    )


ACCOUNTS: dict[str, Sample] = {
    "accounts:account_picker": Sample(
        query=lambda rows: {"account": "", "account_name": ""},
        variants=("?account_name=company",),
    ),
    "accounts:account_detail": Sample(
        query=lambda rows: {"contacts": "", "kind": "", "older": ""},
        variants=("?kind=calls", "?contacts=nowhere"),
    ),
    "accounts:account_owner": Sample(
        query=lambda rows: {"owner": rows.owner.pk},
        body=lambda rows: {"owner": rows.owner.pk, "version": rows.account.version},
    ),
    "accounts:account_field": Sample(
        args=lambda rows: {"account_id": rows.account.pk, "key": "industry"},
        no_page=PART,
    ),
    "accounts:account_field_edit": _account_field("industry", lambda rows: "Tea"),
    "accounts:account_field_edit#stage": _account_field(
        "stage", lambda rows: rows.accountstage.pk
    ),
    "accounts:account_field_edit#owner": _account_field(
        "owner", lambda rows: rows.member.pk
    ),
}


def _call(rows: Rows) -> Values:
    return {
        "kind": "call",
        "direction": "outbound",
        "occurred_at": f"{timezone.now():%Y-%m-%dT%H:%M}",
        "outcome-call": "",
        "body": "We talked",
        "token": "once",
    }


ACTIVITIES: dict[str, Sample] = {
    "activities:contact_timeline": Sample(
        query=lambda rows: {"kind": "", "log": "", "older": ""}
    ),
    "activities:account_timeline": Sample(query=lambda rows: {"kind": "", "older": ""}),
    "activities:activity_create": Sample(body=_call),
    "activities:activity_update": Sample(body=_call),
    "activities:activity_delete": Sample(body=lambda rows: {}),
}
# "name#case" is a further sample of the URL "name".
SAMPLES: dict[str, Sample] = {
    **SITE,
    **TEAMS,
    **IMPORTS,
    **PEOPLE,
    **VIEWS,
    **BULK,
    **FIELDS,
    **PROFILE,
    **FLAGS,
    **ESTATES,
    **DELETED,
    **DUPLICATES,
    **HISTORY,
    **ACCOUNTS,
    **ACTIVITIES,
}
