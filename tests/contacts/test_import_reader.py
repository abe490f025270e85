"""Whatever stands in a cell, a row is read or refused with a reason, and what is kept fits (I4, Q3)."""

import time
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.models import Contact, ContactFieldValue
from contacts.services.importing import targets
from contacts.services.importing.files import MAX_CELL
from contacts.services.importing.named import load_named
from contacts.services.importing.reading import RowReader
from layouts.kinds.base import VALUE_COLUMNS
from layouts.kinds.making import values_for
from layouts.models import CustomField

OWN = [f"{targets.NEW}{kind.value}" for kind in targets.NEW_KINDS]

# Texts of any signs, and such as are almost what a column takes.
NEARLY = st.sampled_from(
    [
        "ada@x.example; bob@x.example",
        "(202) 224-3441 ext. 5 ::: +49 30 901820",
        "=1+1",
        "'+1 202 224 3441",
        "1e400",
        "nan",
        "-0,00",
        "€ 1.200,50",
        "31.02.2026",
        "2026-13-01T25:61",
        "12/31/9999 11:59 PM",
        "0001-01-01",
        "https://",
        "http://[::1",
        "http://x.example:99999999/\u0000",
        "@",
        "Cold",
        "yes",
        "9" * 400,
        "x" * 3000,
        "\ud7ff\ufeff\u200b",
    ]
)
CELLS = st.one_of(
    st.text(max_size=40), NEARLY, st.text("0123456789+-.,/: ()e€$", max_size=25)
)


@pytest.fixture
def reader(team):
    mapping = [*targets.fixed_targets(), *OWN]
    own = [CustomField(name=key, kind=key.removeprefix(targets.NEW)) for key in OWN]
    start = len(targets.fixed_targets())
    return RowReader(
        mapping=mapping,
        headings=[f"Heading {key}" for key in mapping],
        values=dict(enumerate(values_for(own), start=start)),
        named=load_named(None),
        country="US",
    )


def limits(model):
    """The longest text that each column of a table takes."""
    return {field.name: field.max_length for field in model._meta.concrete_fields}


CONTACT, VALUE = limits(Contact), limits(ContactFieldValue)


def check_texts(texts, limit):
    for text in texts:
        assert "\x00" not in text
        assert limit is None or len(text) <= limit


def check_custom(stored):
    columns = dict(zip(VALUE_COLUMNS, stored, strict=True))
    check_texts([columns["text_value"]], VALUE["text_value"])
    check_texts([columns["text_sort"]], VALUE["text_sort"])
    number, amount = columns["number_value"], columns["amount_value"]
    assert number is None or abs(number) < float("inf")
    assert amount is None or abs(amount) < 10**15
    day, moment = columns["date_value"], columns["moment_value"]
    assert day is None or date(1, 1, 1) <= day <= date(9999, 12, 31)
    assert moment is None or (isinstance(moment, datetime) and moment.tzinfo)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_whatever_stands_in_the_cells(reader, data):
    width = reader.width
    filled = data.draw(st.dictionaries(st.integers(0, width - 1), CELLS, max_size=8))
    extra = data.draw(st.lists(CELLS, max_size=1))
    record = [filled.get(place, "") for place in range(width)]

    row = reader.read(2, [*record, *extra])

    if row.refused or row.skipped:
        return
    assert row.keys or row.name_sort or row.phones
    for column, text in row.values.items():
        check_texts([text], CONTACT[column])
    check_texts([row.name_sort], CONTACT["name_sort"])
    check_texts([row.company, row.domain, row.website], 255)
    check_texts([typed for typed, _kind in row.emails.values()], 254)
    check_texts([number for number, _extension in row.phones], 20)
    for stored in row.custom.values():
        check_custom(stored)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(record=st.lists(CELLS, max_size=80))
def test_a_record_of_any_width(reader, record):
    row = reader.read(2, list(record))

    cells = [cell for cell in record[reader.width :] if cell.strip()]
    if cells:
        assert row.refused
    assert row.number == 2


@pytest.mark.parametrize("sign", [" ", "\t", ",", ";", "@", "1", ".", "(", "\n"])
def test_no_cell_keeps_a_worker_busy(reader, sign):
    """E6: the longest cell that is allowed, of one sign and another at its ends."""
    record = [f"a{sign * (MAX_CELL - 2)}b"] * reader.width
    began = time.process_time()

    for place in range(reader.width):
        row = [""] * reader.width
        row[place] = record[place]
        reader.read(2, row)

    assert time.process_time() - began < 5
