"""Keyset pages (product.md P3: pagination that stays fast at any depth)."""

import base64
from datetime import UTC, datetime

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


def packed(text):
    """A cursor of somebody who knows how they are made."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


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
            *map(
                packed,
                [
                    '[0,"a",Infinity]',
                    '[0,"a",1e400]',
                    '[0,"a",true]',
                    '[0,"a",9223372036854775808]',
                    '[0,"a",' + "9" * 5000 + "]",
                    "[0,Infinity,1]",
                    "[0,5,1]",
                    '[0,{"at":"2026-01-01T00:00:00+00:00"},1]',
                    '[0,{"at":"2026-01-01T00:00:00"},1]',
                    '[0,{"at":"9999-12-31T23:59:59-14:00"},1]',
                    '[0,"\\ud800",1]',
                    '[0,"a\\u0000",1]',
                    "[" * 100_000,
                ],
            ),
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
        value=st.one_of(
            st.text().filter(lambda t: "\x00" not in t),
            st.datetimes(
                datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)
            ),
        ),
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


def test_a_cursor_of_another_kind_starts_anew(as_member, team):
    """Q3: a page that nobody offers gets the first one, in every order, and no traceback."""
    make_contact("Ada", "Lovelace")
    for sort in ("name", "created", "-activity", "company"):
        for value in ('"a"', "5", '{"at":"2026-01-01T00:00:00+00:00"}'):
            cursor = packed(f"[0,{value},1]")
            for query in ("", "&q=ada", "&scope=saved", "&scope=net-new"):
                path = f"/t/{team.slug}/people/?sort={sort}&cursor={cursor}{query}"

                assert as_member.get(path).status_code == 200, path


def test_ids_of_any_length_are_no_error(as_member, team):
    """Q3: a filter that nobody offers is dropped with a message."""
    for param in ("account", "stage", "owner", "list", "not_list"):
        for value in ("9" * 19, "9" * 5000, "-1", "²"):
            path = f"/t/{team.slug}/people/?{param}={value}"

            assert as_member.get(path).status_code == 200, path
