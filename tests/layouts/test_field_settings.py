"""Settings, Fields (product.md C61; reference.md rows 45 and 46)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import ContactFieldValue
from crm.history.models import ChangeSet
from layouts.models import CustomField, FieldOption
from layouts.queries import custom_values, values_of
from layouts.services import fields as services
from tests.contacts.profile import sign_in, text_of
from tests.factories import make_contact
from tests.layouts.test_values import make_field, put

Kind = CustomField.Kind


@pytest.fixture
def boss(admin):
    return sign_in(admin)


@pytest.fixture
def url(team):
    def to(name, *args):
        return reverse(f"layouts:{name}", args=[team.slug, *args])

    return to


def names(record="contact"):
    rows = CustomField.objects.for_record(record)
    return list(rows.values_list("name", flat=True))


def options(field):
    return list(field.options.in_order().values_list("name", flat=True))


class TestFields:
    @pytest.mark.parametrize("kind", Kind)
    def test_each_type_is_added(self, boss, url, kind):
        answer = boss.post(
            f"{url('field_create')}?of=account",
            {"name": "Ours", "kind": kind, "options": "Gold\nTin\n\ngold"},
        )

        assert answer.status_code == 302
        field = CustomField.objects.get(record="account")
        assert (field.name, field.kind) == ("Ours", kind)
        assert options(field) == (["Gold", "Tin"] if field.has_options else [])
        page = boss.get(answer.headers["Location"])
        assert "Ours" in text_of(page)
        assert str(Kind(kind).label) in text_of(page)

    def test_a_name_that_is_taken_is_refused_and_what_was_typed_kept(self, boss, url):
        make = {"name": "Hobby", "kind": "text"}
        boss.post(url("field_create"), make)

        answer = boss.post(
            url("field_create"), {**make, "name": "HOBBY", "group": "Leisure"}
        )

        assert answer.status_code == 422
        assert "There is a field called “HOBBY” already." in text_of(answer)
        assert 'value="Leisure"' in answer.content.decode()

    def test_one_name_may_stand_for_people_and_for_companies(self, boss, url):
        for record in ("contact", "account"):
            boss.post(
                f"{url('field_create')}?of={record}", {"name": "Tier", "kind": "text"}
            )

        assert names("contact") == names("account") == ["Tier"]

    def test_there_are_at_most_200(self, boss, url, monkeypatch):
        monkeypatch.setattr(services, "MAX_FIELDS", 1)
        make_field(Kind.TEXT)

        answer = boss.post(url("field_create"), {"name": "More", "kind": "text"})

        assert answer.status_code == 422
        assert "A team has at most 1 fields" in text_of(answer)

    def test_is_renamed_and_described_but_keeps_its_type(self, boss, url):
        field = make_field(Kind.CURRENCY, currency="EUR")

        boss.post(
            url("field_update", field.pk),
            {"name": "Deal", "kind": "text", "help_text": "Net", "currency": "USD"},
        )

        field.refresh_from_db()
        assert (field.name, field.help_text) == ("Deal", "Net")
        assert (field.kind, field.currency) == (Kind.CURRENCY, "USD")

    def test_moves_up_and_down(self, boss, url):
        one, two = make_field(Kind.TEXT), make_field(Kind.DATE)

        boss.post(url("field_move", two.pk), {"to": "up"})

        assert names() == [two.name, one.name]

    def test_says_how_many_values_go_before_it_is_deleted(self, boss, url):
        field = make_field(Kind.NUMBER)
        for _ in range(2):
            put(make_contact(), field, "7")

        assert "2 values go with it" in text_of(boss.get(url("field_delete", field.pk)))
        boss.post(url("field_delete", field.pk))

        assert not CustomField.objects.exists()
        assert not ContactFieldValue.objects.exists()
        assert ChangeSet.objects.filter(kind="fields.delete").exists()

    def test_the_list_counts_with_one_query_however_many(self, boss, url):
        for _ in range(3):
            put(make_contact(), make_field(Kind.TEXT), "x")
        boss.get(url("field_list"))
        with CaptureQueriesContext(connection) as few:
            page = boss.get(url("field_list"))
        for kind in Kind:
            make_field(kind)
        with CaptureQueriesContext(connection) as many:
            boss.get(url("field_list"))

        assert "1 value" in text_of(page)
        assert len(few) == len(many), [q["sql"][:150] for q in many]

    def test_only_admins_come_here(self, as_member, url):
        assert as_member.get(url("field_list")).status_code == 403
        assert "Fields" not in text_of(as_member.get(reverse("teams:user_settings")))


class TestOptions:
    def test_are_added_renamed_and_moved(self, boss, url):
        field = make_field(Kind.PICKLIST, "Gold")
        contact = make_contact()
        put(contact, field, "Gold")

        boss.post(url("option_create", field.pk), {"option": "Tin"})
        gold, tin = field.options.in_order()
        boss.post(url("option_update", gold.pk), {"option": "Golden"})
        boss.post(url("option_move", tin.pk), {"to": "up"})

        assert options(field) == ["Tin", "Golden"]
        found = values_of(ContactFieldValue, [contact.pk], custom_values())
        assert found[contact.pk][field.pk] == "Golden"

    @pytest.mark.parametrize("name", ["GOLD", "", "x" * 121, "a;b"])
    def test_a_bad_name_is_refused_in_its_place(self, boss, url, name):
        field = make_field(Kind.PICKLIST, "Gold", "Tin")

        added = boss.post(url("option_create", field.pk), {"option": name})
        tin = field.options.get(name="Tin")
        renamed = boss.post(url("option_update", tin.pk), {"option": name})

        assert added.status_code == renamed.status_code == 422
        assert options(field) == ["Gold", "Tin"]

    def test_a_field_without_options_takes_none(self, boss, url):
        field = make_field(Kind.TEXT)

        answer = boss.post(url("option_create", field.pk), {"option": "x"})

        assert answer.status_code == 404

    @pytest.mark.parametrize(
        ("target", "left"),
        [("", ["", "Tin", "Tin", ""]), ("Tin", ["Tin", "Tin", "Tin", "Tin"])],
    )
    def test_removing_one_asks_where_its_values_go(self, boss, url, target, left):
        many = make_field(Kind.MULTI_PICKLIST, "Gold", "Tin")
        contacts = [make_contact() for _ in range(4)]
        for contact, text in zip(
            contacts, ["Gold", "Gold;Tin", "Tin", "Gold"], strict=True
        ):
            put(contact, many, text)
        gold, tin = many.options.in_order()

        asked = boss.get(url("option_remove", gold.pk))
        boss.post(
            url("option_remove", gold.pk), {"target": str(tin.pk) if target else ""}
        )

        assert "3 records have this option" in text_of(asked)
        assert options(many) == ["Tin"]
        found = values_of(ContactFieldValue, [c.pk for c in contacts], custom_values())
        assert [found.get(c.pk, {}).get(many.pk, "") for c in contacts] == left
        assert ChangeSet.objects.filter(kind="fields.remove_option").exists()

    def test_values_never_go_to_an_option_of_another_field(self, boss, url):
        field = make_field(Kind.PICKLIST, "Gold")
        foreign = FieldOption.objects.create(
            field=make_field(Kind.PICKLIST), name="Other"
        )

        answer = boss.post(
            url("option_remove", field.options.get().pk), {"target": str(foreign.pk)}
        )

        assert answer.status_code == 422
        assert options(field) == ["Gold"]
