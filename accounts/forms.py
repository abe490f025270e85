"""Forms that edit an account."""

from typing import Any

from accounts.models import Account
from accounts.queries import account_fields
from crm.teams.models import Membership
from layouts.forms.records import RecordForm


def account_form(
    data: Any, *, account: Account, keys: list[str], by: Membership
) -> RecordForm:
    """Return the form for some fields of an account."""
    listed = [account_fields()[key] for key in keys]
    return RecordForm(
        data,
        listed=listed,
        texts={field.key: field.read(account) for field in listed},
        version=account.version,
        by=by,
    )
