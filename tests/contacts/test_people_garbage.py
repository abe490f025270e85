"""Whatever stands in the address of the list, the answer is the list and a word (security.md A10, E6)."""

from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.utils import timezone

from contacts.queries import filters
from contacts.queries.filters import Now
from contacts.queries.people_choices import load_choices
from contacts.queries.people_sources import saved_contacts
from contacts.queries.people_state import parse_state
from layouts.models import CustomField, FieldOption
from layouts.models.values import operators_for
from tests.contacts.people import people
from tests.factories import make_contact

Kind = CustomField.Kind
GARBAGE = [
    "a\x00b", "\x00", str(10**30), str(2**63), "-1", "x" * 5000, "2024-13-45", "0001-01-01",
    "9999-12-31", "0001-01-01T00:00", "9999-12-31T23:59", "1e400", "nan", "Infinity", "-Infinity",
    "EUR", "EUR EUR", "1e30 EUR", "[]{}()<>\"'%$\\", "²", "٣", ",".join(map(str, range(3000))),
    "0001-01-01T00:00..", "..9999-12-31T23:59", "0001-01-01..9999-12-31", "%", "_", "\ud7ff",
]  # fmt: skip


def read(query, member):
    """Read the first contact of the list at an address, as the page does."""
    state = parse_state(QueryDict(urlencode(query)))
    state = state.checked(load_choices(member=member, raw=state.raw))
    now = Now(member=member, at=timezone.now())
    saved_contacts(state, now).first()
    return state


@pytest.mark.parametrize("kind", list(Kind))
def test_of_custom_fields(team, member, kind):
    make_contact()
    field = CustomField.objects.create(name="Own", kind=kind, currency="EUR")
    FieldOption.objects.create(field=field, name="One", position=0)
    key = f"field-{field.pk}"
    for operator in ("", "\x00", *operators_for(kind)):
        for text in GARBAGE:
            read({f"{key}_op": operator, key: text}, member)


@pytest.mark.parametrize("entry", filters.registered(), ids=lambda entry: entry.key)
def test_of_filters(team, member, entry):
    make_contact()
    for text in GARBAGE:
        read(dict.fromkeys(entry.params, text), member)


@pytest.mark.parametrize("text", GARBAGE)
def test_of_the_page(as_member, team, text):
    make_contact()
    names = ["scope", "q", "sort", "cols", "move", "view", "cursor", "edited", "panel"]
    query = urlencode(dict.fromkeys(names, text))
    assert people(as_member, team, query).status_code == 200
