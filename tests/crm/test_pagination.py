"""Keyset pages (product.md P3: pagination that stays fast at any depth)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts.models import Contact
from crm.pagination import BadCursor, SortKey, decode_cursor, encode_cursor, keyset_page
from tests.factories import make_contact


@pytest.fixture
def contacts(team):
    """Seven contacts, four of which share a sort value."""
    return [
        make_contact(first, "X") for first in ["Cy", "Al", "Bo", "Bo", "Bo", "Bo", "Di"]
    ]


def walk(sort, *, size):
    """All pages from the first to the last, as lists of ids, and the last page's cursor back."""
    pages, cursor = [], ""
    while True:
        page = keyset_page(Contact.objects.saved(), sort=sort, cursor=cursor, size=size)
        pages.append([row.pk for row in page.rows])
        if not page.next:
            return pages, page.previous
        cursor = page.next


class TestKeysetPage:
    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("size", [1, 2, 3, 7])
    def test_visits_every_row_once_in_order_across_ties(
        self, contacts, descending, size
    ):
        sort = SortKey(field="name_sort", descending=descending)

        pages, _previous = walk(sort, size=size)

        expected = sorted(((c.name_sort, c.pk) for c in contacts), reverse=descending)
        assert [pk for page in pages for pk in page] == [pk for _name, pk in expected]

    def test_walks_back_over_the_same_pages(self, contacts):
        sort = SortKey(field="name_sort")
        forward, cursor = walk(sort, size=2)

        backward = []
        while cursor:
            page = keyset_page(
                Contact.objects.saved(), sort=sort, cursor=cursor, size=2
            )
            backward.append([row.pk for row in page.rows])
            cursor = page.previous

        assert backward == forward[-2::-1]

    def test_is_one_query(self, contacts, django_assert_num_queries):
        with django_assert_num_queries(1):
            keyset_page(
                Contact.objects.saved(),
                sort=SortKey(field="created_at"),
                cursor="",
                size=3,
            )

    @pytest.mark.parametrize(
        "cursor",
        [
            "x",
            "W10",
            "bnVsbA",
            "WzAsW10sMV0",
            "é",
            "WzAsImEiLC0xXQ",
            "WzAseyJhdCI6NX0sMV0",
        ],
    )
    def test_refuses_a_cursor_it_did_not_make(self, contacts, cursor):
        with pytest.raises(BadCursor):
            keyset_page(
                Contact.objects.saved(),
                sort=SortKey(field="name_sort"),
                cursor=cursor,
                size=3,
            )


class TestCursor:
    @given(
        value=st.one_of(st.text().filter(lambda t: "\x00" not in t), st.datetimes()),
        pk=st.integers(0, 2**63 - 1),
    )
    def test_comes_back_as_it_was(self, value, pk):
        try:
            cursor = encode_cursor(value=value, pk=pk)
        except UnicodeEncodeError:
            return  # lone surrogates never reach the database
        assert decode_cursor(cursor) == (False, value, pk)

    @given(st.text())
    def test_anything_else_is_refused_cleanly(self, text):
        try:
            decode_cursor(text)
        except BadCursor:
            return
