"""Account overview (product.md C22): the log of a contact and of its account."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activities.models import Activity
from contacts.models import ContactList, ContactStage
from contacts.services import editing
from crm.conflicts import Edit
from layouts.models import CustomField
from tests.contacts.bulk import act
from tests.contacts.importing import ImportPages
from tests.contacts.profile import HTMX, Visitor, html_of, text_of
from tests.factories import AccountFactory, make_contact, make_member

NOON = datetime(2026, 6, 15, 12, tzinfo=ZoneInfo("UTC"))


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def ada(member):
    return make_contact(
        account=AccountFactory(name="Acme"),
        created_by=member,
        created_at=NOON - timedelta(days=40),
        source="import",
        source_detail="fair.csv",
    )


@pytest.fixture
def visitor(as_member, ada):
    return Visitor(as_member, ada)


def add(contact, *, ago, kind="call", **fields):
    fields.setdefault("direction", "outbound")
    return Activity.objects.create(
        contact=contact,
        account=contact.account,
        kind=kind,
        occurred_at=NOON - ago,
        **fields,
    )


def bodies(response):
    return re.findall(r"entry-\d+", html_of(response))


class TestOrder:
    def test_newest_first_by_day_in_the_members_zone(self, visitor, ada, member):
        member.user.time_zone = "America/New_York"
        member.user.save()
        add(ada, ago=timedelta(hours=1), body="entry-1")
        add(
            ada, ago=timedelta(hours=10), body="entry-2"
        )  # 22:00 of the day before, there
        add(ada, ago=timedelta(days=5), body="entry-3")

        page = visitor.get()

        assert bodies(page) == ["entry-1", "entry-2", "entry-3"]
        days = re.findall(r"<h3[^>]*>([^<]+)</h3>", html_of(page))
        assert days[:3] == ["Today", "Yesterday", "Wednesday 10 June"]

    def test_the_oldest_entry_says_how_the_record_came_to_be(
        self, visitor, ada, member
    ):
        add(
            ada, ago=timedelta(days=300), body="entry-1"
        )  # logged later than it happened

        text = text_of(visitor.get())

        origin = f"{member} imported the contact from fair.csv"
        assert text.index("entry-1") < text.index(origin)

    def test_of_a_contact_without_anything_the_origin_is_all(self, as_member, member):
        visitor = Visitor(as_member, make_contact(created_by=member))

        text = text_of(visitor.get())

        assert "Nothing logged yet." in text
        assert f"{member} added the contact by hand" in text


class TestTabs:
    def test_show_one_kind_and_have_an_address(self, visitor, ada):
        for number, kind in enumerate(
            ["email", "call", "meeting", "linkedin", "other"]
        ):
            add(ada, ago=timedelta(days=number), kind=kind, body=f"entry-{number}")

        assert bodies(visitor.get()) == [f"entry-{n}" for n in range(5)]
        for kind, entry in [("emails", 0), ("calls", 1), ("meetings", 2)]:
            assert bodies(visitor.get(query=f"kind={kind}")) == [f"entry-{entry}"]

    def test_htmx_gets_the_widget_alone(self, visitor, ada):
        add(ada, ago=timedelta(days=1), body="entry-1")
        headers = {**HTMX, "HX-Target": "w-account-overview"}

        answer = visitor.client.get(
            visitor.url(query="kind=calls&q=ada"), headers=headers
        )

        html = html_of(answer)
        assert html.strip().startswith("<section")
        assert bodies(answer) == ["entry-1"]
        assert "kind=emails" in html
        assert "q=ada" in html

    def test_changes_show_old_and_new(self, visitor, ada, member):
        edit = Edit(new={"title": "CEO", "city": "Oslo"}, originals={})
        editing.update_contact(contact_id=ada.pk, edit=edit, by=member, at=NOON)

        text = text_of(visitor.get(query="kind=changes"))

        assert f"{member} changed 2 values" in text
        assert "Title nothing to CEO" in text
        assert "City nothing to Oslo" in text
        assert "imported the contact" in text

    def test_a_tab_without_entries_says_so(self, visitor):
        assert "Nothing of this kind yet." in text_of(visitor.get(query="kind=emails"))


class TestSentences:
    @pytest.mark.parametrize(
        ("kind", "direction", "sentence"),
        [
            ("call", "outbound", "Tomas Okafor called"),
            ("call", "inbound", "Ada Lovelace called"),
            ("email", "inbound", "Ada Lovelace sent an e-mail"),
            ("meeting", "", "Tomas Okafor had a meeting"),
        ],
    )
    def test_say_who_did_what(self, visitor, ada, kind, direction, sentence):
        tomas = make_member(name="Tomas Okafor")
        add(ada, ago=timedelta(days=1), kind=kind, direction=direction, member=tomas)

        assert sentence in text_of(visitor.get())

    def test_a_long_text_opens_on_a_click(self, visitor, ada):
        add(ada, ago=timedelta(days=1), body="long " * 100)

        assert "<details" in html_of(visitor.get())


class TestOlder:
    """Loads more on scroll, and by a link; fast with 10,000 entries."""

    @pytest.fixture
    def many(self, ada):
        Activity.objects.bulk_create(
            Activity(
                contact=ada,
                account=ada.account,
                kind="email",
                direction="outbound",
                occurred_at=NOON - timedelta(hours=number),
                body=f"entry-{number}",
            )
            for number in range(75)
        )

    def follow(self, visitor, response, **headers):
        found = re.search(
            r'<div id="timeline-older"><a[^>]*href="([^"]+)"', html_of(response)
        )
        return visitor.client.get(found[1].replace("&amp;", "&"), headers=headers)

    def test_every_entry_comes_once_and_the_origin_last(self, visitor, many):
        target = {**HTMX, "HX-Target": "timeline-older"}
        first = visitor.get()
        second = self.follow(visitor, first, **target)
        third = self.follow(visitor, second, **target)

        seen = bodies(first) + bodies(second) + bodies(third)
        assert seen == [f"entry-{n}" for n in range(75)]
        assert "imported the contact" not in text_of(second)
        assert "imported the contact" in text_of(third)
        assert "timeline-older" not in html_of(third)

    def test_a_day_that_goes_on_has_one_title(self, visitor, many):
        first = visitor.get()
        second = self.follow(visitor, first, **{**HTMX, "HX-Target": "timeline-older"})

        titles = re.findall(r"<h3[^>]*>([^<]+)</h3>", html_of(first) + html_of(second))
        assert len(titles) == len(set(titles))

    def test_without_scripts_it_is_a_page(self, visitor, many):
        page = self.follow(visitor, visitor.get())

        assert "<html" in html_of(page)
        assert bodies(page)[0] == "entry-30"

    def test_takes_no_more_queries_for_more_entries(self, visitor, ada, many):
        visitor.get()
        with CaptureQueriesContext(connection) as some:
            visitor.get()
        Activity.objects.bulk_create(
            Activity(contact=ada, kind="call", occurred_at=NOON - timedelta(days=n))
            for n in range(1, 2000)
        )

        with CaptureQueriesContext(connection) as more:
            visitor.get()

        assert len(some) == len(more)

    def test_a_page_is_read_by_the_index(self, visitor, ada):
        rows = Activity.objects.filter(contact=ada).newest_first()[:31]
        with connection.cursor() as cursor:
            # With a handful of rows anything is cheap: this asks what can serve the order at all.
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")

        plan = rows.explain()

        assert "activity_team_contact" in plan
        assert "Sort" not in plan


class TestWholeAccount:
    def test_shows_everybody_at_the_account_with_their_names(self, visitor, ada):
        bob = make_contact("Bob", "Builder", account=ada.account)
        stranger = make_contact("Eve", "Elsewhere", account=AccountFactory())
        add(ada, ago=timedelta(days=1), body="entry-1")
        add(bob, ago=timedelta(days=2), body="entry-2")
        add(stranger, ago=timedelta(days=3), body="entry-3")
        add(ada, ago=timedelta(days=4), body="entry-4")

        assert bodies(visitor.get()) == ["entry-1", "entry-4"]
        whole = visitor.get(query="log=account")
        assert bodies(whole) == ["entry-1", "entry-2", "entry-4"]
        assert f'href="{Visitor(visitor.client, bob).url()}"' in html_of(whole)

    def test_the_contacts_own_past_at_another_company_stays(self, visitor, ada):
        old = add(ada, ago=timedelta(days=9), body="entry-9")
        old.account = AccountFactory()
        old.save()

        assert bodies(visitor.get(query="log=account")) == ["entry-9"]

    def test_pages_mix_both_without_losing_any(self, visitor, ada):
        bob = make_contact("Bob", account=ada.account)
        for number in range(50):
            add(
                ada if number % 3 else bob,
                ago=timedelta(hours=number),
                body=f"entry-{number}",
            )
        first = visitor.get(query="log=account")
        older = TestOlder().follow(
            visitor, first, **{**HTMX, "HX-Target": "timeline-older"}
        )

        assert bodies(first) + bodies(older) == [f"entry-{n}" for n in range(50)]

    def test_there_is_no_switch_without_an_account(self, as_member):
        page = html_of(Visitor(as_member, make_contact()).get(query="log=account"))

        assert "Whole account" not in page


class TestImportedChanges:
    """C22: the log says what an import did, in the words of the page."""

    def test_names_the_file_and_the_fields(
        self, as_member, team, eager_jobs, visitor, ada
    ):
        ada.external_id = "X1"
        ada.save()
        CustomField.objects.create(name="Party")
        pages = ImportPages(as_member, team, eager_jobs)
        pages.run(
            "ID,Full Name,Party,Phone\nX1,Ada Lovelace,Whig,+1 802-862-0697\n",
            name="votes.csv",
            columns={"ID": "external_id"},
        )

        text = text_of(visitor.get())

        assert "imported from votes.csv" in text
        assert "Party nothing to Whig" in text
        assert "+1 802-862-0697" in text
        assert "+18028620697" not in text

    def test_an_edit_of_a_custom_field_is_called_by_its_name(
        self, member, visitor, ada
    ):
        field = CustomField.objects.create(name="Hobby")
        edit = Edit(new={f"custom-{field.pk}": "Chess"}, originals={})
        editing.update_contact(contact_id=ada.pk, edit=edit, by=member, at=NOON)

        assert "Hobby" in text_of(visitor.get())

        field.delete()
        assert "Custom field" in text_of(visitor.get())


class TestBulkChanges:
    """What was done to many reads on each as what was done to it."""

    def test_of_the_stage(self, visitor, ada, member):
        stage = ContactStage.objects.get(name="Interested")
        act(member, "set-stage", {"stage": stage.pk}, ada, make_contact("Bo"))

        page = text_of(visitor.get())
        history = text_of(visitor.get("contact_field_history", key="stage"))

        assert f"{member} set Stage: Cold to Interested" in page
        assert f"{member} set" in history
        assert "many contacts" not in page + history

    def test_of_a_list(self, visitor, ada, member):
        hot = ContactList.objects.create(name="Hot")
        act(member, "add-to-list", {"list": hot.pk}, ada, make_contact("Bo"))

        page = text_of(visitor.get())

        assert f"{member} added the contact to a list Lists: nothing to Hot" in page
