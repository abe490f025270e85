"""Values of custom fields: kept typed, read, filtered and sorted (product.md C61, reference.md row 45)."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, AccountFieldValue
from contacts.models import Contact, ContactFieldValue
from crm.conflicts import Refused
from crm.tenancy.scope import team_scope
from layouts.kinds.base import VALUE_COLUMNS
from layouts.kinds.making import values_for
from layouts.models import CustomField, FieldOption, Operator
from layouts.models.values import operators_for
from layouts.queries import custom_values, texts_of, values_of
from layouts.services.values import CustomValues
from tests.factories import AccountFactory, make_contact, make_member

Kind = CustomField.Kind


def make_field(kind, *options, record="contact", **more):
    field = CustomField.objects.create(
        name=f"{kind} {CustomField.objects.count()}", kind=kind, record=record, **more
    )
    for position, name in enumerate(options):
        FieldOption.objects.create(field=field, name=name, position=position)
    return field


def put(record, field, text, by=None):
    """Write what a person or a file says, through the one door."""
    values = CustomValues(record, kind=field.record, by=by or make_member())
    value = values.fields[f"custom-{field.pk}"]
    values.write(value.key, value.parse(text, country="US"))


@pytest.mark.parametrize(
    ("kind", "said", "shown", "cell"),
    [
        (Kind.TEXT, " Blue ", "Blue", "Blue"),
        (Kind.LONG_TEXT, "one\r\ntwo", "one\ntwo", "one\ntwo"),
        (Kind.NUMBER, "1 234.50", "1234.5", "1234.5"),
        (Kind.CURRENCY, "1,200.50", "1,200.50 EUR", "1200.5 EUR"),
        (Kind.CURRENCY, "usd 99", "99.00 USD", "99 USD"),
        (Kind.DATE, "2026-11-23", "23 Nov 2026", "2026-11-23"),
        (
            Kind.MOMENT,
            "2026-11-23T14:30",
            "23 Nov 2026, 14:30",
            "2026-11-23T14:30+00:00",
        ),
        (Kind.CHECKBOX, "True", "Yes", "True"),
        (Kind.CHECKBOX, "no", "No", "False"),
        (Kind.PICKLIST, "gold", "Gold", "Gold"),
        (Kind.MULTI_PICKLIST, "Silver; gold", "Gold, Silver", "Gold;Silver"),
        (Kind.URL, "example.com/a", "https://example.com/a", "https://example.com/a"),
        (Kind.EMAIL, "Ada@X.Example", "ada@x.example", "ada@x.example"),
        (Kind.PHONE, "(202) 555-0133", "+1 202-555-0133", "+12025550133"),
        (Kind.MEMBER, "Grace", "Grace", "Grace"),
    ],
)
@pytest.mark.parametrize("record", ["contact", "account"])
def test_keeps_what_is_said_and_reads_it_back(team, record, kind, said, shown, cell):
    make_member(name="Grace")
    options = ("Gold", "Silver") if "picklist" in kind else ()
    field = make_field(kind, *options, record=record, currency="EUR")
    row = make_contact() if record == "contact" else AccountFactory()
    model = ContactFieldValue if record == "contact" else AccountFieldValue

    put(row, field, said)

    (value,) = custom_values(record)
    assert values_of(model, [row.pk], [value]) == {row.pk: {field.pk: shown}}
    text = texts_of(model, [row.pk], [value])[row.pk][field.pk]
    assert value.cell(text) == cell
    assert value.parse(value.cell(text), country="US") == text
    assert value.clean(text, by=make_member()) == text


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.TEXT, "x" * 1001),
        (Kind.LONG_TEXT, "x" * 10_001),
        (Kind.TEXT, "a\x00b"),
        (Kind.NUMBER, "many"),
        (Kind.NUMBER, "nan"),
        (Kind.CURRENCY, "12 XXQ"),
        (Kind.CURRENCY, "9" * 20),
        (Kind.DATE, "2026-02-30"),
        (Kind.MOMENT, "noon"),
        (Kind.CHECKBOX, "perhaps"),
        (Kind.PICKLIST, "Bronze"),
        (Kind.PICKLIST, "Gold; Silver"),
        (Kind.MULTI_PICKLIST, "Gold; Bronze"),
        (Kind.URL, "javascript:alert(1)"),
        (Kind.EMAIL, "nobody"),
        (Kind.PHONE, "12"),
        (Kind.MEMBER, "Nobody Here"),
    ],
)
def test_refuses_what_is_none(team, kind, said):
    options = ("Gold", "Silver") if "picklist" in kind else ()
    field = make_field(kind, *options, currency="EUR")

    with pytest.raises(Refused):
        put(make_contact(), field, said)

    assert not ContactFieldValue.objects.exists()


def test_a_choice_of_another_team_is_refused(team, other_team, member):
    with team_scope(other_team.pk):
        foreign = FieldOption.objects.create(field=make_field(Kind.PICKLIST), name="X")
        stranger = make_member()
    for kind, pk in ((Kind.PICKLIST, foreign.pk), (Kind.MEMBER, stranger.pk)):
        (value,) = values_for([make_field(kind, "Gold" if "pick" in kind else "")][:1])

        with pytest.raises(Refused):
            value.clean(str(pk), by=member)


def test_the_database_keeps_one_value_of_a_field_inside_its_team(team, other_team):
    contact, field = make_contact(), make_field(Kind.TEXT)
    put(contact, field, "one")
    with pytest.raises(IntegrityError), transaction.atomic():
        ContactFieldValue.objects.create(contact=contact, field=field, text_value="2")
    with team_scope(other_team.pk):
        foreign = make_field(Kind.TEXT)
    strayed = ContactFieldValue.objects.create(contact=contact, field=foreign)
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.check_constraints()
    strayed.delete()


def test_a_renamed_option_keeps_its_values(team):
    contact, field = make_contact(), make_field(Kind.PICKLIST, "Gold", "Silver")
    put(contact, field, "Gold")

    FieldOption.objects.filter(name="Gold").update(name="Platinum")

    assert values_of(ContactFieldValue, [contact.pk], custom_values()) == {
        contact.pk: {field.pk: "Platinum"}
    }


FIVE = {
    Kind.TEXT: ["ärger", "Beta", "beta max", "gamma"],
    Kind.NUMBER: ["-1", "2", "2.5", "10"],
    Kind.CURRENCY: ["-1 EUR", "2 USD", "2.5 EUR", "10 EUR"],
    Kind.DATE: ["2026-01-01", "2026-02-01", "2026-02-02", "2027-01-01"],
    Kind.MOMENT: ["2026-01-01", "2026-02-01", "2026-02-01T10:01", "2027-01-01"],
    Kind.PICKLIST: ["Zinc", "Gold", "Gold", "Ash"],
    Kind.MULTI_PICKLIST: ["Zinc", "Gold", "Gold;Ash", "Ash"],
    Kind.MEMBER: ["Ann", "Bob", "Bob", "Cid"],
    Kind.CHECKBOX: ["false", "true", "true", "true"],
}


def fill(kind):
    """Four contacts with values in ascending order, and one without."""
    for name in ("Ann", "Bob", "Cid") if kind == Kind.MEMBER else ():
        make_member(name=name)
    options = ("Zinc", "Gold", "Ash") if "picklist" in kind else ()
    field = make_field(kind, *options, currency="EUR")
    contacts = [make_contact(str(n), "C") for n in range(5)]
    for contact, text in zip(contacts, FIVE[kind], strict=False):
        put(contact, field, text)
    return field


def firsts(rows):
    return "".join(sorted(rows.values_list("first_name", flat=True)))


def pks(kind, *names):
    if kind == Kind.MEMBER:
        members = custom_values()[0].names
        return [pk for pk, name in members.items() if name in names]
    return list(FieldOption.objects.filter(name__in=names).values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("kind", "operator", "value", "found"),
    [
        (Kind.TEXT, Operator.IS, "BETA", "1"),
        (Kind.TEXT, Operator.IS_NOT, "beta", "0234"),
        (Kind.TEXT, Operator.CONTAINS, "bet", "12"),
        (Kind.TEXT, Operator.STARTS_WITH, "Arg", "0"),
        (Kind.NUMBER, Operator.MORE, 2, "23"),
        (Kind.NUMBER, Operator.AT_MOST, 2, "01"),
        (Kind.CURRENCY, Operator.AT_LEAST, Decimal("2.5"), "23"),
        (Kind.DATE, Operator.LESS, date(2026, 2, 2), "01"),
        (Kind.MOMENT, Operator.MORE, datetime(2026, 2, 1, tzinfo=UTC), "23"),
        (Kind.CHECKBOX, Operator.IS, True, "123"),
        (Kind.CHECKBOX, Operator.IS, False, "0"),
        (Kind.PICKLIST, Operator.ANY_OF, ("Zinc", "Ash"), "03"),
        (Kind.PICKLIST, Operator.NONE_OF, ("Gold",), "034"),
        (Kind.MULTI_PICKLIST, Operator.ALL_OF, ("Gold", "Ash"), "2"),
        (Kind.MEMBER, Operator.ANY_OF, ("Bob",), "12"),
        (Kind.TEXT, Operator.EMPTY, None, "4"),
        (Kind.MEMBER, Operator.FILLED, None, "0123"),
    ],
)
def test_filters(team, kind, operator, value, found):
    field = fill(kind)
    asked = pks(kind, *value) if isinstance(value, tuple) else value

    assert firsts(Contact.objects.with_field_value(field, operator, asked)) == found


def test_an_operator_that_a_kind_lacks_is_refused(team):
    field = make_field(Kind.CHECKBOX)

    assert Operator.CONTAINS not in operators_for(field.kind)
    with pytest.raises(ValueError, match="checkbox"):
        Contact.objects.with_field_value(field, Operator.CONTAINS, "x")


def test_accounts_filter_alike(team):
    field = make_field(Kind.NUMBER, record="account")
    big, _small = AccountFactory(), AccountFactory()
    put(big, field, "500")

    found = Account.objects.with_field_value(field, Operator.MORE, 100)

    assert list(found) == [big]


def test_a_moment_is_read_in_the_readers_zone(team):
    contact, field = make_contact(), make_field(Kind.MOMENT)
    with timezone.override("Europe/Vienna"):
        put(contact, field, "2026-07-01T10:00")
        here = values_of(ContactFieldValue, [contact.pk], custom_values())
    with timezone.override("America/New_York"):
        there = values_of(ContactFieldValue, [contact.pk], custom_values())

    assert here[contact.pk][field.pk] == "1 Jul 2026, 10:00"
    assert there[contact.pk][field.pk] == "1 Jul 2026, 04:00"


def test_many_values_of_many_records_are_one_query(team):
    fields = [make_field(Kind.TEXT) for _ in range(10)]
    contacts = [make_contact() for _ in range(5)]
    for contact in contacts:
        put(contact, fields[0], "x")
    known = custom_values()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        values_of(ContactFieldValue, [contact.pk for contact in contacts], known)

    assert len(queries) == 1


@pytest.mark.parametrize("model", [ContactFieldValue, AccountFieldValue])
def test_every_kind_has_an_index_that_starts_with_team_and_field(team, model):
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(
            cursor, model._meta.db_table
        )
    leading = {
        tuple(entry["columns"][:3])
        for entry in constraints.values()
        if entry["index"] or entry["unique"]
    }

    columns = {name for name in VALUE_COLUMNS if name not in ("text_value", "member")}
    for column in {*columns, "member_id"}:
        assert ("team_id", "field_id", column) in leading
