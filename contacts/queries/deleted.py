"""The contacts in the bin, page by page."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.http import QueryDict

from contacts.models import Contact
from contacts.models.search import MAX_LENGTH, SearchText
from crm.pagination import BadCursor, Page, SortKey, keyset_page
from crm.teams.models import Membership

SIZE = 50
NEWEST_FIRST = SortKey(field="deleted_at", descending=True)


@dataclass(frozen=True, kw_only=True)
class BinPage:
    """A page of the bin as one member sees it."""

    text: str  # what was searched for
    page: Page
    is_misread: bool = False  # the address names a page that does not exist


def read_bin(params: QueryDict, *, member: Membership, since: datetime) -> BinPage:
    """Return what the member may restore, last deleted first; contact_team_deleted serves the order.

    What was deleted before `since` waits for the worker that purges it and is not shown. Two
    queries at most.
    """
    text = params.get("q", "").replace("\x00", "").strip()[:MAX_LENGTH]
    rows = _rows(member, text).filter(deleted_at__gt=since)
    cursor = params.get("cursor", "")
    try:
        return BinPage(text=text, page=_page(rows, cursor))
    except BadCursor:
        return BinPage(text=text, page=_page(rows, ""), is_misread=True)


def _rows(member: Membership, text: str) -> QuerySet:
    rows = Contact.objects.restorable_by(member)
    searched = SearchText.parse(text)
    if searched:
        rows = rows.search(searched)
    rows = rows.select_related("deleted_by__user", "account")
    return rows.only(
        "name", "title", "account__name", "deleted_at", "deleted_by", "owner", "team"
    )


def _page(rows: QuerySet, cursor: str) -> Page:
    return keyset_page(rows, sort=NEWEST_FIRST, cursor=cursor, size=SIZE)
