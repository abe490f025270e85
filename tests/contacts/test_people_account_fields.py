"""Custom fields of accounts in the list of people and in its files (product.md P3, P4, C61, I5)."""

import pytest

from accounts.models import AccountFieldValue
from contacts.models import ContactExport, ContactFieldValue
from contacts.queries.export_columns import columns_of, load_names
from contacts.queries.exporting import rows_of
from crm.tenancy.scope import team_scope
from layouts.models import CustomField, FieldOption
from tests.contacts.people import names, people, text, url
from tests.factories import AccountFactory, make_contact

Kind, Record = CustomField.Kind, CustomField.Record


@pytest.fixture
def tier(team):
    return CustomField.objects.create(
        name="Tier", kind=Kind.PICKLIST, record=Record.ACCOUNT
    )


@pytest.fixture
def gold(tier):
    return FieldOption.objects.create(field=tier, name="Gold")


@pytest.fixture
def crowd(team, tier, gold):
    """Two contacts of a gold account, one of an account without a tier, one without an account."""
    acme, globex = AccountFactory(name="Acme"), AccountFactory(name="Globex")
    AccountFieldValue.objects.create(account=acme, field=tier, option_ids=[gold.pk])
    return [
        make_contact("Ada", account=acme),
        make_contact("Bo", account=acme),
        make_contact("Cy", account=globex),
        make_contact("Di"),
    ]


def key(field):
    return f"accountfield-{field.pk}"


def first_names(response):
    return [name.split()[0] for name in names(response)]


class TestColumns:
    def test_every_contact_shows_what_its_account_has(
        self, as_member, team, tier, crowd
    ):
        response = people(as_member, team, f"cols={key(tier)}")

        assert str(response.context["headings"][1].label) == "Account: Tier"
        rows = response.context["page"].rows
        assert [str(row.cells[0][1]) for row in rows] == ["Gold", "Gold", "", ""]

    def test_contacts_have_fields_of_the_same_name_beside_it(
        self, as_member, team, tier, crowd
    ):
        own = CustomField.objects.create(name="Tier", kind=Kind.TEXT)
        ContactFieldValue.objects.create(
            contact=crowd[2], field=own, text_value="Own", text_sort="own"
        )

        response = people(as_member, team, f"cols=field-{own.pk},{key(tier)}")

        rows = response.context["page"].rows
        assert [[str(cell) for _css, cell in row.cells] for row in rows] == [
            ["", "Gold"],
            ["", "Gold"],
            ["Own", ""],
            ["", ""],
        ]

    def test_the_list_is_not_sorted_by_it(self, as_member, team, tier, crowd):
        response = people(as_member, team, f"cols={key(tier)}&sort={key(tier)}")

        assert "cannot be sorted by" in text(response)
        assert first_names(response) == ["Ada", "Bo", "Cy", "Di"]

    def test_the_chooser_offers_both_kinds_apart(self, as_member, team, tier, crowd):
        page = people(as_member, team).text
        assert 'name="accountfield_q"' in page
        assert 'name="field_q"' in page

        own = CustomField.objects.create(name="Size", kind=Kind.TEXT)
        query = {"columns": 1, "cols": f"field-{own.pk}", "state": ""}
        address = url("filter_options", team, key="accountfield")
        answer = as_member.get(address, query)
        offered = [choice.value for choice in answer.context["facet"].found]
        assert offered == [key(tier)]

    def test_more_rows_need_no_more_queries(
        self, as_member, team, tier, gold, crowd, django_assert_max_num_queries
    ):
        """Q2: values are read for the whole page at once."""
        own = CustomField.objects.create(name="Size", kind=Kind.PICKLIST)
        query = (
            f"cols=lists,industry,field-{own.pk},{key(tier)}&panel=1&sort=field-{own.pk}"
            f"&{key(tier)}={gold.pk}"
        )
        people(as_member, team, query)
        with django_assert_max_num_queries(15) as few:
            people(as_member, team, query)
        for number in range(5):
            make_contact(f"Eve{number}", account=crowd[0].account)

        with django_assert_max_num_queries(15) as more:
            people(as_member, team, query)

        assert len(few) == len(more)


class TestFilters:
    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("{key}={gold}", "Ada Bo"),
            ("{key}_op=none_of&{key}={gold}", "Cy Di"),
            ("{key}_op=empty", "Cy Di"),
            ("{key}_op=filled", "Ada Bo"),
            ("{key}={gold}&q=bo", "Bo"),
        ],
    )
    def test_narrow(self, as_member, team, tier, gold, crowd, query, expected):
        query = query.format(key=key(tier), gold=gold.pk)
        response = people(as_member, team, query)

        assert first_names(response) == expected.split()
        assert "Account: Tier: " in text(response)

    def test_is_added_from_the_panel(self, as_member, team, tier):
        address = url("filter_options", team, key="accountfield")
        page = as_member.get(address, {"accountfield_q": "ti", "state": ""})

        assert text(page).strip() == "Tier"

    def test_a_field_of_contacts_is_none_of_accounts(self, as_member, team, crowd):
        own = CustomField.objects.create(name="Size", kind=Kind.TEXT)
        response = people(as_member, team, f"{key(own)}=x")

        assert "its field does not exist any more" in text(response)
        assert len(names(response)) == 4

    def test_another_teams_field_is_unknown(self, as_member, team, crowd, other_team):
        with team_scope(other_team.pk):
            theirs = CustomField.objects.create(
                name="Theirs", kind=Kind.TEXT, record=Record.ACCOUNT
            )
        response = people(as_member, team, f"{key(theirs)}=x&cols={key(theirs)}")

        assert "its field does not exist any more" in text(response)
        assert "Theirs" not in text(response)


def test_a_file_of_the_shown_columns_has_them(admin, tier, crowd):
    """I5: the chosen columns; a heading that says whose field it is."""
    export = ContactExport(
        columns=ContactExport.Columns.SHOWN, keys=["account", key(tier)]
    )
    columns = columns_of(export, load_names(None))
    rows = rows_of([c.pk for c in crowd], columns, by=admin)

    assert [column.heading for column in columns] == [
        "Name",
        "Account",
        "Account: Tier",
    ]
    assert [row[1:] for row in rows] == [
        ["Acme", "Gold"],
        ["Acme", "Gold"],
        ["Globex", ""],
        ["", ""],
    ]
