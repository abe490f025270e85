"""Forms that edit an account."""

from typing import Any

from accounts.models import Account
from accounts.queries import text_in
from crm.teams.models import Membership
from layouts.fields import Field
from layouts.forms.records import RecordForm


def account_form(
    data: Any, *, account: Account, listed: list[Field], by: Membership
) -> RecordForm:
    """Return the form for some fields of an account."""
    return RecordForm(
        data,
        listed=listed,
        texts={field.key: text_in(account, field) for field in listed},
        version=account.version,
        by=by,
    )
