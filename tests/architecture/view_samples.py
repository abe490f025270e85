"""Samples of the URLs of saved views and of choices of filters."""

from crm.teams.roles import Role
from tests.architecture.sample import Sample

OWN_VIEW = "only its owner and admins change a shared view"
_REFUSED = dict.fromkeys((Role.MANAGER, Role.REP, Role.VIEWER), OWN_VIEW)
PART = "it is a part of another page"
VIEWS: dict[str, Sample] = {
    "contacts:filter_options": Sample(
        args=lambda rows: {"key": "account"},
        query=lambda rows: {"account_q": "", "account": ""},
        variants=("?account_q=company",),
        no_page=PART,
    ),
    "contacts:filter_options#values": Sample(
        args=lambda rows: {"key": "seniority"},
        query=lambda rows: {"seniority_q": "", "seniority": ""},
        variants=("?seniority_q=v",),
        no_page=PART,
    ),
    "contacts:filter_options#fields": Sample(
        args=lambda rows: {"key": "field"},
        query=lambda rows: {"field_q": "", "state": "", "columns": ""},
        variants=("?columns=1",),
        no_page=PART,
    ),
    "contacts:filter_options#lists": Sample(
        args=lambda rows: {"key": "list"},
        query=lambda rows: {"list_q": "", "list": ""},
        no_page=PART,
    ),
    "contacts:saved_view_create": Sample(
        query=lambda rows: {"stage": rows.contactstage.pk},
        body=lambda rows: {"name": "Mine", "state": "sort=-created"},
    ),
    "contacts:saved_view_update": Sample(
        body=lambda rows: {
            "name": "Ours",
            "is_shared": "on",
            "version": rows.savedview.version,
        },
        refuses=_REFUSED,
    ),
    "contacts:saved_view_save": Sample(
        body=lambda rows: {
            "state": "sort=-created",
            "version": rows.savedview.version,
        },
        refuses=_REFUSED,
    ),
    "contacts:saved_view_duplicate": Sample(body=lambda rows: {}),
    "contacts:saved_view_mark": Sample(body=lambda rows: {"is_pinned": "0"}),
    "contacts:saved_view_delete": Sample(body=lambda rows: {}, refuses=_REFUSED),
    "contacts:contact_export": Sample(
        body=lambda rows: {"file_format": "csv", "columns": "all"},
        answers=(404,),  # a rep exports only their own contacts
    ),
}
