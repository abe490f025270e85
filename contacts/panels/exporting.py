"""Export among the actions on contacts, and what becomes of files when somebody is forgotten."""

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from contacts import bulk_actions, departures
from contacts.bulk_actions import BulkAction
from contacts.services.exporting import running
from contacts.services.exporting.starting import withdraw_files


def register() -> None:
    """Called once from AppConfig.ready()."""
    running.register()
    bulk_actions.add(
        BulkAction(
            key="export",
            label=_("Export CSV"),
            icon="download",
            order=65,
            permission="contacts.export_own",
            leads_to=lambda slug, selection_id: reverse(
                "contacts:export_create", args=[slug, selection_id]
            ),
        )
    )
    departures.add(departures.Departure(key="exports", order=20, files=withdraw_files))
