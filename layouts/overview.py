"""The layout every team starts with. It is code: people cannot change it, only copy it (product.md L1)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which widgets stand where on a contact's page, by the keys of the registry."""

    name: Any
    column: tuple[str, ...]  # the record column, from top to bottom
    prospect: tuple[str, ...]  # the Prospect tab
    tabs: tuple[str, ...]


CONTACT_OVERVIEW = Layout(
    name=_("Contact overview"),
    column=("contact-information", "record-details", "account"),
    prospect=("account-overview",),
    tabs=("prospect", "all-fields"),
)

# What an account's page shows, from top to bottom.
ACCOUNT_PAGE = ("account-contacts", "account-log")
