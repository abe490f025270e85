"""What is written down of contacts, and what acts on them are called."""

from django.utils.translation import gettext_lazy as _

from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactFlag,
    ContactPhone,
    LeftList,
    ListEntry,
)
from crm.history import registry
from crm.history.registry import RecordKind, Tracked

# Columns that services derive from others; the migration that makes the triggers says the same.
DERIVED = (
    "name",
    "name_sort",
    "title_sort",
    "account_sort",
    "primary_email",
    "primary_phone",
    "search_text",
    "last_activity_at",
    "activity_key",
    "version",
    "updated_at",
)
PARTS = (
    ContactEmail,
    ContactPhone,
    ContactFieldValue,
    ListEntry,
    LeftList,
    ContactFlag,
)
ACTS = {
    "contact.create": _("added the contact"),
    "contact.save": _("saved the contact from the directory"),
    "contact.update": _("changed"),
    "contact.owner": _("changed the owner"),
    "contact.flag": _("flagged as inaccurate"),
    "contact.unflag": _("took a flag back"),
    "contact.flag-accept": _("accepted a suggested value"),
    "contact.flag-dismiss": _("dismissed a flag"),
    "contact.delete": _("deleted the contact"),
    "contact.restore": _("restored the contact"),
    "contact.merge": _("merged a duplicate"),
}


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        RecordKind(
            key="contact",
            label=_("Contact"),
            tables=[
                Tracked(model=Contact, column="id", ignored=DERIVED),
                *(Tracked(model=part, column="contact_id") for part in PARTS),
            ],
        )
    )
    registry.add_acts(ACTS)
