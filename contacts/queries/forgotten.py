"""Whom the team has forgotten, page by page: nothing but numbers and hashes."""

from django.db.models import Count, QuerySet

from contacts.models import Erasure
from crm.pagination import BadCursor, Page, SortKey, keyset_page

SIZE = 50
NEWEST_FIRST = SortKey(field="forgotten_at", descending=True)


def read_forgotten(*, digests: list[str] | None, cursor: str) -> Page:
    """Return erasures, newest first; `digests` narrows them to whoever was known by one of these."""
    rows = Erasure.objects.select_related("forgotten_by__user", "lifted_by__user")
    rows = rows.annotate(number_of_keys=Count("keys"))
    if digests is not None:
        found = Erasure.objects.filter(keys__digest__in=digests)
        rows = rows.filter(pk__in=found.values("pk"))
    try:
        return _page(rows, cursor)
    except BadCursor:
        return _page(rows, "")


def _page(rows: QuerySet, cursor: str) -> Page:
    return keyset_page(rows, sort=NEWEST_FIRST, cursor=cursor, size=SIZE)
