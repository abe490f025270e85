"""The contacts of an account."""

from accounts.models import Account
from contacts.models import Contact
from crm.pagination import BadCursor, Page, SortKey, keyset_page

SIZE = 25
BY_NAME = SortKey(field="name_sort")


def account_contacts(account: Account, *, cursor: str) -> Page:
    """Return a page of the account's saved contacts by name; one query, or two for a bad cursor."""
    contacts = (
        Contact.objects.saved()
        .filter(account=account)
        .select_related("stage")
        .only(
            "name",
            "name_sort",
            "title",
            "team_id",
            "stage__name",
            "stage__hue",
        )
    )
    try:
        return keyset_page(contacts, sort=BY_NAME, cursor=cursor, size=SIZE)
    except BadCursor:
        return keyset_page(contacts, sort=BY_NAME, cursor="", size=SIZE)
