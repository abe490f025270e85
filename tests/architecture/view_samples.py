"""Samples of the URLs of saved views."""

from crm.teams.roles import Role
from tests.architecture.sample import Sample

OWN_VIEW = "only its owner and admins change a shared view"
_REFUSED = dict.fromkeys((Role.MANAGER, Role.REP, Role.VIEWER), OWN_VIEW)
VIEWS: dict[str, Sample] = {
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
}
