"""Log activity (product.md C22): what happened, once, with the last activity kept true."""

import re
from datetime import datetime, timedelta
from urllib.parse import urlparse
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from activities.models import OUTCOMES, Activity
from activities.services import note_created
from contacts.services import deletion
from crm.teams.roles import Role
from tests.contacts.profile import HTMX, Visitor, html_of, sign_in, text_of
from tests.factories import AccountFactory, make_contact, make_member

NOON = datetime(2026, 6, 15, 12, tzinfo=ZoneInfo("UTC"))


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def visitor(as_member):
    return Visitor(as_member, make_contact(account=AccountFactory()))


def call(**changes):
    usual = {
        "kind": "call",
        "direction": "outbound",
        "occurred_at": "2026-06-15T11:30",
        "outcome-call": "connected",
        "body": "Talked about the pilot",
        "token": "t1",
    }
    return usual | changes


def log(visitor, *, htmx=True, query="", **changes):
    url = visitor.url("activities:activity_create", query)
    headers = {**HTMX, "HX-Target": "composer"} if htmx else {}
    return visitor.client.post(url, call(**changes), headers=headers)


class TestComposer:
    def test_offers_the_types_with_their_outcomes_and_the_time_now(
        self, visitor, member
    ):
        member.user.time_zone = "Europe/Stockholm"
        member.user.save()

        page = html_of(visitor.get())

        assert re.findall(r'name="kind" value="(\w+)"', page) == [
            "call", "meeting", "email", "linkedin", "other"
        ]  # fmt: skip
        assert 'value="2026-06-15T14:00"' in page
        for kind, outcomes in OUTCOMES.items():
            for outcome in outcomes:
                assert f'name="outcome-{kind}"' in page
                assert f'<option value="{outcome}"' in page

    def test_without_scripts_it_is_a_page(self, visitor):
        page = html_of(visitor.get("activities:activity_create"))

        assert "<html" in page
        assert "data-composer" in page
        answer = log(visitor, htmx=False)
        assert urlparse(answer["Location"]).path == visitor.url()


class TestLogging:
    def test_writes_what_happened(self, visitor, member):
        log(visitor)

        activity = Activity.objects.get()
        assert activity.contact == visitor.contact
        assert activity.account == visitor.contact.account
        assert activity.member == member
        assert (activity.kind, activity.direction, activity.outcome) == (
            "call",
            "outbound",
            "connected",
        )
        assert activity.occurred_at == NOON - timedelta(minutes=30)
        assert activity.body == "Talked about the pilot"

    def test_answers_with_the_timeline_and_an_undo(self, visitor):
        answer = log(visitor)

        html = html_of(answer)
        assert 'id="timeline" hx-swap-oob="true"' in html
        assert "Talked about the pilot" in html
        assert 'id="composer"' in html
        assert "contactChanged" in answer["HX-Trigger"]
        undo = f"/activities/{Activity.objects.get().pk}/delete/"
        assert undo in answer["HX-Trigger"]

    def test_undo_takes_it_back(self, visitor):
        log(visitor)
        visitor.client.post(
            visitor.url().split("/contacts/")[0]
            + f"/activities/{Activity.objects.get().pk}/delete/"
        )

        assert not Activity.objects.exists()
        assert visitor.now().last_activity_at is None

    def test_the_time_is_that_of_the_member(self, visitor, member):
        member.user.time_zone = "America/New_York"
        member.user.save()

        log(visitor, occurred_at="2026-06-15T07:30")

        assert Activity.objects.get().occurred_at == NOON - timedelta(minutes=30)

    def test_sent_twice_it_is_written_once(self, visitor):
        log(visitor)
        log(visitor)
        log(visitor, token="t2")

        assert Activity.objects.count() == 2

    def test_a_form_without_a_token_is_written_each_time(self, visitor):
        """What came of the record has no token either, and is no answer to it."""
        note_created([visitor.contact.pk], by=None, at=NOON)

        answers = [log(visitor, htmx=False, token="") for _time in range(2)]

        assert [answer.status_code for answer in answers] == [302, 302]
        assert Activity.objects.filter(kind="call").count() == 2

    def test_one_token_serves_one_contact(self, visitor, as_member):
        log(visitor)
        log(Visitor(as_member, make_contact("Bob")))

        assert Activity.objects.count() == 2

    def test_meetings_have_no_direction(self, visitor):
        log(visitor, kind="meeting", **{"outcome-meeting": "held"})

        activity = Activity.objects.get()
        assert (activity.direction, activity.outcome) == ("", "held")


class TestLastActivity:
    def test_moves_on_but_not_back(self, visitor):
        log(visitor, occurred_at="2026-06-10T10:00", token="a")
        log(visitor, occurred_at="2026-06-01T10:00", token="b")

        assert visitor.now().last_activity_at == datetime(
            2026, 6, 10, 10, tzinfo=ZoneInfo("UTC")
        )

    def test_a_change_of_the_record_is_no_contact(self, visitor):
        visitor.save("title", {"title": "CEO"})

        assert visitor.now().last_activity_at is None

    def test_follows_a_correction_and_a_removal(self, visitor):
        log(visitor, occurred_at="2026-06-10T10:00", token="a")
        log(visitor, occurred_at="2026-06-12T10:00", token="b")
        newest = Activity.objects.order_by("occurred_at").last()
        base = visitor.url().split("/contacts/")[0]

        visitor.client.post(
            f"{base}/activities/{newest.pk}/edit/", call(occurred_at="2026-06-01T10:00")
        )

        assert visitor.now().last_activity_at.day == 10
        visitor.client.post(f"{base}/activities/{newest.pk}/delete/")
        assert visitor.now().last_activity_at.day == 10
        assert Activity.objects.count() == 1


class TestBadInput:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"occurred_at": "2026-07-01T10:00"}, "This lies in the future"),
            ({"occurred_at": "1950-01-01T10:00"}, "Enter a date after 1970"),
            ({"occurred_at": "yesterday"}, "Enter a valid date/time"),
            ({"occurred_at": ""}, "This field is required"),
            ({"kind": "telepathy"}, "Select a valid choice"),
            ({"outcome-call": "held"}, "Choose an outcome from the list"),
            ({"body": "x" * 20_001}, "longer than 20000 characters"),
            ({"body": "a\x00b"}, "Null characters are not allowed"),
        ],
    )
    def test_keeps_the_text_and_says_why(self, visitor, changes, message):
        answer = log(visitor, **changes)

        assert answer.status_code == 422
        assert message in text_of(answer)
        if len(call(**changes)["body"]) < 100 and "\x00" not in call(**changes)["body"]:
            assert call(**changes)["body"] in html_of(answer)
        assert "<html" not in html_of(answer)
        assert not Activity.objects.exists()

    def test_on_a_contact_that_was_just_deleted(self, visitor, admin):
        deletion.delete_contacts(
            contact_ids=[visitor.contact.pk], by=admin, at=timezone.now()
        )

        answer = log(visitor)

        assert answer.status_code == 422
        assert "This contact was deleted" in text_of(answer)
        assert "Talked about the pilot" in html_of(answer)
        assert not Activity.objects.filter(kind="call").exists()

    def test_nothing_is_taken_off_a_deleted_contact(self, visitor, admin):
        log(visitor)
        activity = Activity.objects.get()
        deletion.delete_contacts(
            contact_ids=[visitor.contact.pk], by=admin, at=timezone.now()
        )
        base = visitor.url().split("/contacts/")[0] + f"/activities/{activity.pk}/"

        page = visitor.client.post(f"{base}delete/", follow=True)

        assert "This contact was deleted, so its timeline stays" in html_of(page)
        assert Activity.objects.exists()


class TestWhoMay:
    def test_a_viewer_may_not_log(self, visitor, viewer):
        theirs = Visitor(sign_in(viewer), visitor.contact)

        assert log(theirs).status_code == 403
        assert theirs.get("activities:activity_create").status_code == 403
        assert not Activity.objects.exists()

    @pytest.mark.parametrize(("role", "status"), [(Role.REP, 403), (Role.MANAGER, 302)])
    def test_others_correct_and_remove_only_as_managers(self, visitor, role, status):
        log(visitor)
        activity = Activity.objects.get()
        other = sign_in(make_member(role))
        base = visitor.url().split("/contacts/")[0] + f"/activities/{activity.pk}/"

        assert other.post(f"{base}edit/", call(body="Changed")).status_code == status
        assert other.post(f"{base}delete/").status_code == status
        assert Activity.objects.exists() is (status == 403)

    def test_what_happened_to_the_record_is_nobodys_to_change(self, visitor):
        note_created([visitor.contact.pk], by=None, at=NOON)
        activity = Activity.objects.get()
        base = visitor.url().split("/contacts/")[0] + f"/activities/{activity.pk}/"

        assert visitor.client.post(f"{base}delete/").status_code == 404
        assert Activity.objects.exists()
