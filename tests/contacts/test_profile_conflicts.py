"""Two people editing one contact (product.md C6), in place and in the dialog."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts.models import ContactList, ContactStage
from crm.history.models import Change
from layouts.models import CustomField
from tests.contacts.profile import (
    HTMX,
    Visitor,
    form_of,
    hidden_of,
    html_of,
    sign_in,
    text_of,
)
from tests.factories import AccountFactory, make_contact, make_member


@pytest.fixture
def ada(team):
    return make_contact(
        title="Countess",
        department="Engines",
        emails=("ada@x.example", "ada@y.example"),
        phones=("+12022243441",),
        account=AccountFactory(name="Acme"),
    )


@pytest.fixture
def mine(as_member, ada):
    return Visitor(as_member, ada)


@pytest.fixture
def theirs(ada):
    return Visitor(sign_in(make_member(name="Priya Raman")), ada)


class TestInPlace:
    def test_the_second_one_is_shown_both_values(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("title", {"title": "Baroness"})

        answer = mine.save("title", {"title": "Duchess"}, opened=opened)

        assert answer.status_code == 422
        text = text_of(answer)
        assert "Priya Raman changed this to “Baroness”" in text
        assert "while you were editing" in text
        assert 'value="Duchess"' in html_of(answer)
        assert "Keep mine" in text
        assert "Take theirs" in text
        assert mine.now().title == "Baroness"

    def test_says_who_and_when(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("title", {"title": "Baroness"})
        theirs.save("department", {"department": "Poetry"})
        Change.objects.update(at=timezone.now() - timedelta(minutes=2))

        text = text_of(mine.save("title", {"title": "Duchess"}, opened=opened))

        assert "Priya Raman changed this to “Baroness” 2 minutes ago" in text

    def test_says_somebody_where_nobody_is_known(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("title", {"title": "Baroness"})
        Change.objects.all().delete()

        text = text_of(mine.save("title", {"title": "Duchess"}, opened=opened))

        assert "Somebody changed this to “Baroness” while you were editing." in text

    def test_keep_mine_writes_it(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("title", {"title": "Baroness"})
        conflict = mine.save("title", {"title": "Duchess"}, opened=opened)

        mine.save("title", {"title": "Duchess"}, opened=hidden_of(conflict))

        assert mine.now().title == "Duchess"

    def test_keep_mine_sees_a_third_change(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("title", {"title": "Baroness"})
        conflict = mine.save("title", {"title": "Duchess"}, opened=opened)
        theirs.save("title", {"title": "Queen"})

        answer = mine.save("title", {"title": "Duchess"}, opened=hidden_of(conflict))

        assert "Queen" in text_of(answer)
        assert mine.now().title == "Queen"

    def test_take_theirs_reads_it(self, mine, theirs):
        theirs.save("title", {"title": "Baroness"})

        row = mine.fragment("contact_field", "place=f&tab=all-fields", key="title")

        assert "Baroness" in text_of(row)

    def test_different_fields_do_not_meet(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("department", {"department": "Poetry"})

        answer = mine.save("title", {"title": "Duchess"}, opened=opened)

        assert answer.status_code == 200
        now = mine.now()
        assert (now.title, now.department) == ("Duchess", "Poetry")

    def test_the_same_change_twice_is_none(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("title", {"title": "Baroness"})

        answer = mine.save("title", {"title": "Baroness"}, opened=opened)

        assert answer.status_code == 200
        assert Change.objects.filter(op="U").count() == 1

    def test_a_value_i_did_not_touch_is_not_put_back(self, mine, theirs):
        opened = mine.open("title")
        theirs.save("title", {"title": "Baroness"})

        answer = mine.save("title", {"title": "Countess"}, opened=opened)

        assert answer.status_code == 200
        assert mine.now().title == "Baroness"

    def test_the_stage_menu_says_why_it_changed_nothing(self, mine, theirs):
        opened = {
            "version": mine.contact.version,
            "original-stage": mine.contact.stage_id,
        }
        stages = {stage.name: stage.pk for stage in ContactStage.objects.all()}
        theirs.save("stage", {"stage": stages["Replied"]})

        answer = mine.client.post(
            mine.url("contact_field_edit", "place=h", key="stage"),
            {**opened, "stage": stages["Interested"]},
            headers=HTMX,
        )

        assert answer.status_code == 422
        assert "Priya Raman changed this to “Replied”" in text_of(answer)
        assert mine.now().stage.name == "Replied"

    def test_lists_are_merged(self, mine, theirs, ada):
        hot, cold = (ContactList.objects.create(name=name) for name in ("Hot", "Cold"))
        opened = mine.open("lists")
        theirs.save("lists", {"lists": [hot.pk], "lists-sent": "1"})

        mine.save("lists", {"lists": [cold.pk], "lists-sent": "1"}, opened=opened)

        assert ada.list_entries.count() == 2

    def test_two_people_edit_two_addresses(self, mine, theirs, ada):
        first, second = (
            f"email-{pk}"
            for pk in ada.emails.order_by("position").values_list("pk", flat=True)
        )
        opened = mine.open(first)
        theirs.save(second, {second: "b@y.example", f"{second}-kind": "work"})

        answer = mine.save(
            first, {first: "b@x.example", f"{first}-kind": "work"}, opened=opened
        )

        assert answer.status_code == 200
        emails = set(ada.emails.values_list("email", flat=True))
        assert emails == {"b@x.example", "b@y.example"}

    def test_two_people_edit_one_address(self, mine, theirs, ada):
        key = f"email-{ada.emails.first().pk}"
        opened = mine.open(key)
        theirs.save(key, {key: "b@x.example", f"{key}-kind": "work"})

        answer = mine.save(
            key, {key: "c@x.example", f"{key}-kind": "work"}, opened=opened
        )

        assert answer.status_code == 422
        assert "b@x.example" in text_of(answer)


class TestDialog:
    """C6: Edit contact info has every field; Save contact saves."""

    def test_has_every_field(self, mine, ada):
        field = CustomField.objects.create(name="Hobby")

        data = mine.open_dialog()

        expected = {
            "first_name", "last_name", "title", "seniority", "department", "city", "region",
            "country", "address", "time_zone", "linkedin_url", "x_url", "facebook_url",
            "github_url", "website", "stage", "owner", "external_id", "account", "new_list",
            "email-new", "phone-new", f"custom-{field.pk}",
            *(f"email-{row.pk}" for row in ada.emails.all()),
            *(f"phone-{row.pk}" for row in ada.phones.all()),
        }  # fmt: skip
        assert expected <= set(data)
        assert data["title"] == "Countess"
        assert data["account"] == [str(ada.account_id)]

    def test_opens_as_a_dialog(self, mine):
        answer = html_of(mine.fragment("contact_update", target="modal"))

        assert answer.strip().startswith("<dialog")
        assert "Save contact" in answer

    def test_saves_everything_at_once(self, mine, ada):
        field = CustomField.objects.create(name="Hobby")
        _first, second = ada.emails.order_by("position")
        data = mine.open_dialog() | {
            "first_name": "Augusta",
            "country": "GB",
            "email-new": "a@z.example",
            f"email-{second.pk}": "",
            f"phone-{ada.phones.get().pk}": "+46 70 174 06 12",
            "primary-email": "email-new",
            "account": "new",
            "account_name": "Hooli",
            "new_list": "Board",
            f"custom-{field.pk}": "Chess",
        }

        answer = mine.save_dialog(data)

        assert answer["Location"] == mine.url()
        now = mine.now()
        assert (now.name, now.country, now.account.name) == (
            "Augusta Lovelace",
            "GB",
            "Hooli",
        )
        assert [row.email for row in now.emails.order_by("position")] == [
            "a@z.example",
            "ada@x.example",
        ]
        assert now.phones.get().number == "+46701740612"
        assert now.primary_email == "a@z.example"
        assert now.list_entries.get().list.name == "Board"
        assert now.field_values.get().text_value == "Chess"
        assert now.version == ada.version + 1

    def test_untouched_it_changes_nothing(self, mine, ada):
        mine.save_dialog(mine.open_dialog())

        assert mine.now().version == ada.version

    def test_two_addresses_may_swap(self, mine, ada):
        first, second = ada.emails.order_by("position")
        data = mine.open_dialog() | {
            f"email-{first.pk}": second.email,
            f"email-{second.pk}": first.email,
        }

        assert mine.save_dialog(data).status_code == 302
        assert [row.email for row in ada.emails.order_by("position")] == [
            "ada@y.example",
            "ada@x.example",
        ]

    def test_one_bad_value_writes_nothing(self, mine, ada):
        data = mine.open_dialog() | {"title": "Duchess", "email-new": "nope"}

        answer = mine.save_dialog(data)

        assert answer.status_code == 422
        assert "it has no @" in text_of(answer)
        assert 'value="Duchess"' in html_of(answer)
        now = mine.now()
        assert (now.title, now.version) == ("Countess", ada.version)

    def test_only_what_both_changed_is_a_conflict(self, mine, theirs):
        data = mine.open_dialog()
        theirs.save("title", {"title": "Baroness"})
        theirs.save("department", {"department": "Poetry"})

        answer = mine.save_dialog({**data, "title": "Duchess", "city": "London"})

        assert answer.status_code == 422
        text = text_of(answer)
        assert "Somebody else changed this contact while you were editing." in text
        assert "Keep mine: Duchess Take theirs: Baroness" in " ".join(text.split())
        assert text.count("Take theirs") == 1
        assert mine.now().city == ""

    @pytest.mark.parametrize(
        ("choice", "title"), [("mine", "Duchess"), ("theirs", "Baroness")]
    )
    def test_the_second_one_chooses(self, mine, theirs, choice, title):
        data = mine.open_dialog()
        theirs.save("title", {"title": "Baroness"})
        theirs.save("department", {"department": "Poetry"})
        conflict = mine.save_dialog({**data, "title": "Duchess", "city": "London"})
        conflict.status_code = 200
        again = form_of(conflict, "edit-contact-form")

        answer = mine.save_dialog({**again, "take-title": choice})

        assert answer.status_code == 302
        now = mine.now()
        assert (now.title, now.city, now.department) == (title, "London", "Poetry")

    def test_an_address_removed_meanwhile_is_not_lost(self, mine, theirs, ada):
        data = mine.open_dialog()
        key = f"email-{ada.emails.order_by('position')[1].pk}"
        theirs.save(key, {key: "ada@y.example", f"{key}-kind": "work", "do": "remove"})

        answer = mine.save_dialog({**data, key: "ada@new.example"})

        assert answer.status_code == 422
        assert 'value="ada@new.example"' in html_of(answer)
        assert "Priya Raman emptied this now, while you were" in text_of(answer)
