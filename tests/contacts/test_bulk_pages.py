"""Selecting people on the page and what the dialogs ask (product.md P7, P8; lessons.md 2a)."""

import pytest
from django.urls import reverse

from contacts.models import Contact, ContactList, ContactStage, ListEntry, Selection
from contacts.services.bulk import running
from crm.jobs.models import Job
from crm.tenancy.scope import team_scope
from layouts.models import CustomField
from tests.contacts.bulk import choose, confirm, select
from tests.contacts.people import people, text, url
from tests.factories import PersonFactory, make_contact, make_member

DIALOG = {"HX-Request": "true", "HX-Target": "modal"}


@pytest.fixture
def ada(team):
    return make_contact("Ada", "Ab")


@pytest.fixture
def stage(team):
    return ContactStage.objects.get(name="Interested")


class TestBar:
    def test_offers_what_can_be_done_with_contacts(self, as_member, team, ada):
        page = people(as_member, team).content.decode()

        assert f'name="contact" value="{ada.pk}"' in page
        for label in (
            "Set stage",
            "Assign owner",
            "Add to list",
            "Remove from list",
            "Set a field",
            "Delete",
        ):
            assert label in page
        assert "Save selected people" not in page

    def test_people_who_are_not_saved_can_be_saved(self, as_member, team):
        person = PersonFactory()
        page = people(as_member, team, "scope=net-new").content.decode()

        assert f'name="person" value="{person.pk}"' in page
        assert "Set stage" not in page

    def test_the_whole_list_offers_both(self, as_member, team, ada):
        person = PersonFactory()
        page = people(as_member, team, "scope=total").content.decode()

        assert f'name="person" value="{person.pk}"' in page
        assert f'name="contact" value="{ada.pk}"' in page

    def test_a_viewer_selects_nobody(self, as_viewer, team, ada):
        page = people(as_viewer, team).content.decode()

        assert "data-select=" not in page
        assert 'name="contact"' not in page
        assert "Actions for selected people" not in page

    def test_everybody_is_offered_where_there_are_more_pages(
        self, as_member, team, ada
    ):
        assert "Select all" not in text(people(as_member, team)).replace(
            "Select all on this page", ""
        )
        for n in range(51):
            make_contact(f"C{n}")
        assert "Select all 52" in text(people(as_member, team))


class TestNumber:
    def test_is_exact_and_of_the_filtered_list(self, as_member, team, ada):
        make_contact("Bob")

        def number(query):
            return text(as_member.get(f"{url('people_number', team)}?{query}"))

        assert "All 2 selected" in number("")
        assert "All 1 selected" in number("q=ada")
        assert "not understood" in number("stage=999999")


class TestSelect:
    def test_the_dialog_names_how_many(self, as_member, team, ada):
        response = select(as_member, team, "set-stage", {"contact": ada.pk}, **DIALOG)

        page = response.content.decode()
        assert page.strip().startswith("<dialog")
        assert "Set stage of 1 contact" in page
        assert Selection.objects.get().total == 1

    def test_without_scripts_it_is_a_page(self, as_member, team, ada):
        response = select(as_member, team, "set-stage", {"contact": ada.pk})

        page = as_member.get(response["Location"])
        assert "Set stage of 1 contact" in text(page)

    def test_nobody_ticked_is_nobody(self, as_member, team, ada):
        response = select(as_member, team, "delete", {"state": ""})

        assert response.status_code == 422
        assert "Nobody was selected." in text(response)
        assert not Selection.objects.exists()

    def test_another_number_is_refused_and_shown(self, as_member, team, ada):
        make_contact("Bob")

        response = select(
            as_member, team, "delete", {"all": "1", "number": "1", "state": ""}
        )

        assert response.status_code == 422
        assert "You selected 1 people; 2 match now." in text(response)
        assert "Select all 2" in text(response)
        assert not Selection.objects.exists()

    def test_the_new_number_is_accepted(self, as_member, team, ada):
        response = select(
            as_member, team, "set-stage", {"all": "1", "number": "1", "state": ""}
        )

        assert response.status_code == 302
        assert Selection.objects.get().is_all

    def test_another_teams_contact_is_nobody(self, as_member, team, other_team):
        with team_scope(other_team.pk):
            theirs = make_contact()

        response = select(as_member, team, "set-stage", {"contact": theirs.pk})

        assert response.status_code == 422

    def test_a_line_break_in_the_state_goes_nowhere(self, as_member, team, ada, stage):
        body = {"contact": ada.pk, "state": "q=a\r\nSet-Cookie: x=y"}
        select(as_member, team, "set-stage", body)

        done = confirm(
            as_member, Selection.objects.get(), "set-stage", {"stage": stage.pk}
        )

        assert "\n" not in done["Location"]

    def test_people_who_are_not_saved_are_no_contacts(self, as_member, team, ada):
        body = {"person": PersonFactory().pk}
        unsaved = select(as_member, team, "set-stage", body)
        saved = select(as_member, team, "save", {"contact": ada.pk})

        assert "Save them first." in text(unsaved)
        assert "All of them are saved already." in text(saved)

    def test_what_nobody_offers_is_not_found(self, as_member, team, ada):
        response = select(as_member, team, "no-such-thing", {"contact": ada.pk})

        assert response.status_code == 404


class TestConfirm:
    def test_leads_back_to_the_list_and_says_what_was_done(
        self, as_member, team, member, ada, stage
    ):
        response = confirm(
            as_member, choose(member, ada), "set-stage", {"stage": stage.pk}
        )

        assert response["Location"] == url("people_list", team)
        page = as_member.get(response["Location"])
        assert "Set stage to Interested: 1 done" in page.content.decode()
        assert Contact.objects.get().stage == stage

    def test_what_was_not_done_is_listed_with_the_reason(
        self, as_member, member, ada, stage
    ):
        Contact.objects.update(stage=stage)

        response = confirm(
            as_member, choose(member, ada), "set-stage", {"stage": stage.pk}
        )

        page = text(as_member.get(response["Location"]))
        assert "1 skipped" in page
        assert "Is in this stage already." in page
        assert "as a spreadsheet shows" not in page

    def test_more_than_a_hundred_become_a_job(
        self, as_member, member, ada, stage, monkeypatch
    ):
        monkeypatch.setattr(running, "AT_ONCE", 0)

        response = confirm(
            as_member, choose(member, ada), "set-stage", {"stage": stage.pk}
        )

        job = Job.objects.get()
        assert response["Location"] == reverse(
            "jobs:job_detail", args=[job.team.slug, job.pk]
        )
        assert job.status == Job.Status.QUEUED
        waiting = text(as_member.get(response["Location"]))
        assert "Set stage to Interested" in waiting
        assert "You can leave this page" in waiting

    def test_another_number_than_was_shown_is_asked_again(
        self, as_member, member, ada, stage
    ):
        response = confirm(
            as_member,
            choose(member, ada),
            "set-stage",
            {"stage": stage.pk, "number": "7"},
        )

        assert response.status_code == 422
        assert "It is 1 people that are selected." in text(response)
        assert Contact.objects.get().stage != stage

    def test_a_selection_of_another_team_is_not_found(
        self, as_member, team, other_team, stage
    ):
        with team_scope(other_team.pk):
            theirs = choose(make_member(), make_contact())
        path = reverse("contacts:bulk_action", args=[team.slug, theirs.pk, "set-stage"])

        assert as_member.get(path).status_code == 404
        assert as_member.post(path, {"number": 1, "stage": stage.pk}).status_code == 404


class TestAskedFor:
    def test_a_list_or_a_new_one(self, as_member, member, ada):
        press = ContactList.objects.create(name="Press")
        selection = choose(member, ada)

        nothing = confirm(as_member, selection, "add-to-list", {})
        both = {"list": press.pk, "new_list": "Board"}

        assert nothing.status_code == 422
        assert "Choose a list, or name a new one." in text(nothing)
        assert confirm(as_member, selection, "add-to-list", both).status_code == 422
        confirm(as_member, selection, "add-to-list", {"new_list": "Board"})
        assert ListEntry.objects.get().list.name == "Board"

    def test_an_owner_with_the_accounts(self, as_admin, admin, member, ada):
        page = as_admin.get(_path(choose(admin, ada), "assign-owner"))
        assert "Also change account owners" in text(page)

        confirm(as_admin, choose(admin, ada), "assign-owner", {"owner": member.pk})

        assert Contact.objects.get().owner == member

    def test_a_field_and_then_its_value(self, as_member, member, ada):
        field = CustomField.objects.create(name="Renewal", kind=CustomField.Kind.DATE)
        selection, key = choose(member, ada), f"custom-{field.pk}"

        first = as_member.get(_path(selection, "set-field")).content.decode()
        second = as_member.get(f"{_path(selection, 'set-field')}?field={key}")

        assert 'name="text"' not in first
        assert 'type="date"' in second.content.decode()
        chosen = confirm(as_member, selection, "set-field", {"field": key, "choose": 1})
        assert 'type="date"' in chosen.content.decode()
        assert chosen.status_code == 200
        body = {"field": key, "text": "soon"}
        bad = confirm(as_member, selection, "set-field", body)
        assert bad.status_code == 422
        assert "Enter a date" in text(bad)
        body = {"field": key, "text": "2026-12-01"}
        assert confirm(as_member, selection, "set-field", body).status_code == 302

    def test_an_empty_value_is_asked_for_by_name(self, as_member, member):
        contact = make_contact(city="Rome")
        selection = choose(member, contact)

        body = {"field": "city", "text": ""}
        assert confirm(as_member, selection, "set-field", body).status_code == 422
        assert Contact.objects.get().city == "Rome"
        body["emptied"] = "on"
        assert confirm(as_member, selection, "set-field", body).status_code == 302
        assert Contact.objects.get().city == ""


class TestDelete:
    def test_says_what_goes(self, as_member, member, ada):
        press = ContactList.objects.create(name="Press")
        ListEntry.objects.create(list=press, contact=ada)

        page = text(as_member.get(_path(choose(member, ada), "delete")))

        assert "Delete 1 contact?" in page
        assert "1 contact leaves the saved contacts and 1 list." in page
        assert "Yes, delete all" not in page

    def test_everybody_is_confirmed_by_the_number(self, as_member, team, ada):
        make_contact("Bob")
        select(as_member, team, "delete", {"all": "1", "number": "2", "state": ""})
        selection = Selection.objects.get()

        asked = confirm(as_member, selection, "delete", {})

        assert asked.status_code == 422
        assert "Yes, delete all 2 contacts" in text(asked)
        assert Contact.objects.saved().count() == 2
        confirm(as_member, selection, "delete", {"confirmed": "on"})
        assert not Contact.objects.saved().exists()


def _path(selection, key):
    return reverse(
        "contacts:bulk_action", args=[selection.team.slug, selection.pk, key]
    )
