"""Columns of the list of people: which, and in which order (product.md P3, reference.md 7)."""

import pytest

from contacts.models import ContactEmail, ContactFieldValue
from crm.tenancy.scope import team_scope
from layouts.models import CustomField, FieldOption
from tests.contacts.people import names, people, text, url
from tests.factories import AccountFactory, PersonFactory, make_contact

Kind = CustomField.Kind


def heads(response):
    """The keys of the columns, in order."""
    return [heading.key for heading in response.context["headings"]]


def cells(response, row=0):
    """What stands in the cells of a row."""
    return [str(content) for _css, content in response.context["page"].rows[row].cells]


@pytest.fixture
def ada(team):
    acme = AccountFactory(
        name="Acme", industry="Robotics", headcount=1400, domain="acme.example"
    )
    contact = make_contact(
        "Ada",
        account=acme,
        seniority="VP",
        country="NO",
        time_zone="Europe/Oslo",
        emails=("ada@x.example",),
    )
    ContactEmail.objects.update(status="verified")
    return contact


@pytest.fixture
def budget(team):
    return CustomField.objects.create(name="Budget", kind=Kind.NUMBER)


def set_value(contact, field, **columns):
    return ContactFieldValue.objects.create(contact=contact, field=field, **columns)


class TestChoosing:
    def test_shows_what_is_asked_for_in_that_order(self, as_member, team, ada):
        asked = "headcount,seniority,industry,country,email_status,time_zone"

        response = people(as_member, team, f"cols={asked}")

        assert heads(response) == ["name", *asked.split(",")]
        assert cells(response) == [
            *("1,400", "VP", "Robotics", "Norway", "Verified", "Europe/Oslo")
        ]

    def test_the_name_stays_first(self, as_member, team, ada):
        assert heads(people(as_member, team, "cols=owner,name,title")) == [
            *("name", "owner", "title")
        ]

    @pytest.mark.parametrize(
        ("move", "expected"),
        [
            ("owner:-1", "title owner stage"),
            ("title:1", "stage title owner"),
            ("title:-1", "title stage owner"),
            ("owner:1", "title stage owner"),
            ("shoe:1", "title stage owner"),
            ("title:9", "title stage owner"),
        ],
    )
    def test_moves_without_javascript(self, as_member, team, ada, move, expected):
        query = f"cols=title&cols=stage&cols=owner&move={move}"

        response = people(as_member, team, query)

        assert heads(response)[1:] == expected.split()
        assert "move" not in response.context["address"]

    def test_the_chooser_keeps_the_order(self, as_member, team, ada):
        response = people(as_member, team, "cols=owner,title")

        shown = [column.key for column in response.context["columns"]]
        others = [column.key for column in response.context["other_columns"]]
        assert shown == ["owner", "title"]
        assert "stage" in others
        assert "owner" not in others

    def test_net_new_people_have_what_the_directory_knows(self, as_member, team):
        PersonFactory(first_name="Nora", seniority="VP", country="NO")

        response = people(
            as_member, team, "scope=net-new&cols=seniority,owner,country,address"
        )

        assert heads(response) == ["name", "seniority", "country"]
        assert cells(response) == ["VP", "Norway"]

    def test_what_people_typed_is_no_markup(self, as_member, team, ada):
        make_contact("Bo", seniority="<b>big</b>", account=AccountFactory(name="<i>"))

        page = people(as_member, team, "cols=seniority,account").content.decode()

        assert "<b>big</b>" not in page
        assert "<i>" not in page


class TestCustomFields:
    def test_are_columns(self, as_member, team, ada, budget):
        size = CustomField.objects.create(name="Size", kind=Kind.PICKLIST)
        small = FieldOption.objects.create(field=size, name="Small")
        set_value(ada, budget, number_value=12.5)
        set_value(ada, size, option_ids=[small.pk])

        response = people(as_member, team, f"cols=field-{size.pk},field-{budget.pk}")

        assert [str(h.label) for h in response.context["headings"]] == [
            *("Name", "Size", "Budget")
        ]
        assert cells(response) == ["Small", "12.5"]

    def test_the_chooser_finds_any_of_two_hundred(self, as_member, team):
        """C61: a team may have 200 fields; what was ticked stays while something else is typed."""
        made = [
            CustomField.objects.create(
                name=f"Field {n:03d}", kind=Kind.TEXT, position=n
            )
            for n in range(200)
        ]
        shown, ticked, last = (f"field-{made[n].pk}" for n in (150, 3, 199))
        page = people(as_member, team, f"cols=title,{shown}")
        assert 'name="field_q"' in page.text

        query = {"columns": 1, "cols": ticked, "state": f"cols=title,{shown}"}
        address = url("filter_options", team, key="field")
        answer = as_member.get(address, {**query, "field_q": "Field 1"})
        offered = [choice.value for choice in answer.context["facet"].found]
        assert offered[0] == ticked
        assert f'value="{ticked}" class="checkbox checkbox-xs" checked' in answer.text
        assert shown not in offered
        assert last in self.offered(as_member, address, {**query, "field_q": "199"})
        assert last not in self.offered(as_member, address, query)

    def offered(self, client, address, query):
        answer = client.get(address, query)
        return [choice.value for choice in answer.context["facet"].found]

    def test_one_that_is_gone_is_named(self, as_member, team, ada, other_team):
        with team_scope(other_team.pk):
            foreign = CustomField.objects.create(name="Theirs", kind=Kind.TEXT)

        response = people(as_member, team, f"cols=title,field-{foreign.pk}")

        assert f"There is no column “field-{foreign.pk}”" in text(response)
        assert "Theirs" not in text(response)
        assert heads(response) == ["name", "title"]

    def test_more_rows_need_no_more_queries(
        self, as_member, team, ada, budget, django_assert_max_num_queries
    ):
        """Q2: values are read for the whole page at once."""
        size = CustomField.objects.create(name="Size", kind=Kind.PICKLIST)
        query = f"cols=lists,industry,field-{size.pk},field-{budget.pk}&panel=1"
        people(as_member, team, query)
        with django_assert_max_num_queries(15) as one:
            people(as_member, team, query)
        for number in range(5):
            set_value(make_contact(f"Bo{number}"), budget, number_value=number)

        with django_assert_max_num_queries(15) as six:
            people(as_member, team, query)

        assert len(one) == len(six)


class TestFilteringByCustomFields:
    """P4: every kind is compared in its own way, and each can be empty."""

    @pytest.fixture
    def fields(self, team, member, ada):
        bo, _cy = make_contact("Bo"), make_contact("Cy")
        made = {
            kind: CustomField.objects.create(name=f"Own {kind}", kind=kind)
            for kind in Kind.values
        }
        pick = {
            kind: [
                FieldOption.objects.create(field=made[kind], name=name, position=place)
                for place, name in enumerate(["Red", "Blue"])
            ]
            for kind in (Kind.PICKLIST, Kind.MULTI_PICKLIST)
        }
        red, blue = pick[Kind.PICKLIST]
        one, two = pick[Kind.MULTI_PICKLIST]
        values = {
            Kind.TEXT: ("text_sort", "blue sky", "red"),
            Kind.NUMBER: ("number_value", 10, 20),
            Kind.CURRENCY: ("amount_value", 10, 20),
            Kind.DATE: ("date_value", "2026-01-10", "2026-02-20"),
            Kind.CHECKBOX: ("number_value", 1, 0),
            Kind.PICKLIST: ("option_ids", [red.pk], [blue.pk]),
            Kind.MULTI_PICKLIST: ("option_ids", [one.pk, two.pk], [two.pk]),
            Kind.MEMBER: ("member_id", member.pk, None),
        }
        for kind, (column, first, second) in values.items():
            set_value(ada, made[kind], **{column: first})
            if second is not None:
                set_value(bo, made[kind], **{column: second})
        keys = {kind: f"field-{field.pk}" for kind, field in made.items()}
        ids = {"red": red.pk, "blue": blue.pk, "one": one.pk, "two": two.pk}
        return keys | ids | {"me": member.pk}

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("{text}_op=contains&{text}=SKY", "Ada"),
            ("{text}_op=starts_with&{text}=re", "Bo"),
            ("{text}=red", "Bo"),
            ("{text}=red&{text}=blue sky", "Ada Bo"),
            ("{text}_op=is_not&{text}=red", "Ada Cy"),
            ("{text}_op=empty", "Cy"),
            ("{text}_op=filled", "Ada Bo"),
            ("{number}_op=more&{number}=10", "Bo"),
            ("{number}_op=at_least&{number}=10", "Ada Bo"),
            ("{currency}_op=less&{currency}=20 EUR", "Ada"),
            ("{date}_op=less&{date}=2026-02-01", "Ada"),
            ("{date}_op=at_most&{date}=2026-02-20", "Ada Bo"),
            ("{checkbox}=true", "Ada"),
            ("{checkbox}=false", "Bo"),
            ("{picklist}={red}", "Ada"),
            ("{picklist}={red}&{picklist}={blue}", "Ada Bo"),
            ("{picklist}_op=none_of&{picklist}={red}", "Bo Cy"),
            (
                "{multi_picklist}_op=all_of&{multi_picklist}={one}"
                "&{multi_picklist}={two}",
                "Ada",
            ),
            ("{multi_picklist}={two}", "Ada Bo"),
            ("{member}={me}", "Ada"),
            ("{member}_op=empty", "Bo Cy"),
            ("{number}_op=more&{number}=5&{text}=red", "Bo"),
        ],
    )
    def test_narrows(self, as_member, team, fields, query, expected):
        response = people(as_member, team, query.format(**fields))

        assert [name.split()[0] for name in names(response)] == expected.split()
        assert response.context["chips"]

    @pytest.mark.parametrize(
        ("query", "chip"),
        [
            ("{text}_op=contains&{text}=sky", "Own text: contains “sky”"),
            ("{number}_op=more&{number}=5", "Own number: more than 5"),
            ("{date}_op=less&{date}=2026-02-01", "Own date: before"),
            (
                "{picklist}={red}&{picklist}={blue}",
                "Own picklist: is any of Red or Blue",
            ),
            ("{checkbox}=true", "Own checkbox: is Yes"),
            ("{member}_op=empty", "Own member: is empty"),
        ],
    )
    def test_a_chip_says_it(self, as_member, team, fields, query, chip):
        assert chip in text(people(as_member, team, query.format(**fields)))

    @pytest.mark.parametrize(
        "query",
        [
            "{number}=many",
            "{number}_op=contains&{number}=1",
            "{picklist}=7",
            "{date}=x",
        ],
    )
    def test_what_nobody_offers_is_left_out_and_named(
        self, as_member, team, fields, query
    ):
        response = people(as_member, team, query.format(**fields))

        assert "was left out" in text(response)
        assert len(names(response)) == 3

    def test_a_field_that_is_gone_is_left_out_and_named(self, as_member, team, ada):
        response = people(as_member, team, "field-99=1&q=ada")

        assert "its field does not exist any more" in text(response)
        assert names(response) == ["Ada Lovelace"]

    def test_is_added_from_the_panel(self, as_member, team, fields):
        address = f"/t/{team.slug}/people/options/field/"

        page = as_member.get(address, {"field_q": "own num", "state": "q=ada"})

        assert text(page).strip() == "Own number"
        assert f"?q=ada&amp;panel=1&amp;{fields['number']}_op=filled" in (
            page.content.decode()
        )
