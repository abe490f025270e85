"""What is done with many contacts at once (product.md P7, P8): each row as with a single edit."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import bulk_actions
from contacts.models import (
    Contact,
    ContactFieldValue,
    ContactList,
    ContactStage,
    ListEntry,
)
from contacts.queries.bulk_fields import settable_field
from contacts.services.bulk import running
from contacts.services.deletion import delete_contacts
from crm.conflicts import Refused
from crm.history.queries import acts_of
from crm.jobs.models import Job
from crm.tenancy.scope import team_scope
from layouts.models import CustomField, FieldOption
from tests.contacts.bulk import act, choose, outcomes
from tests.factories import (
    AccountFactory,
    PersonFactory,
    make_contact,
    make_member,
)

DONE, SKIPPED, FAILED = "done", "skipped", "failed"
Kind = CustomField.Kind


def changes():
    """The latest changes on the timeline: name of the contact -> [[field, old, new]]."""
    found = {}
    for contact in Contact.objects.all():
        for act_ in acts_of("contact", contact.pk, size=1):
            found[contact.name] = [[x.key, x.old, x.new] for x in act_.lines]
    return found


@pytest.fixture
def interested(team):
    return ContactStage.objects.get(name="Interested")


@pytest.fixture
def ada(team):
    return make_contact("Ada", "Ab")


@pytest.fixture
def bob(team):
    return make_contact("Bob", "Bc")


class TestSetStage:
    def test_moves_everybody_and_tells_the_timeline(self, member, ada, bob, interested):
        job = act(member, "set-stage", {"stage": interested.pk}, ada, bob)

        rows = Contact.objects.values_list("stage__name", "version")
        assert list(rows) == [("Interested", 2)] * 2
        assert changes()["Ada Ab"] == [["stage", "Cold", "Interested"]]
        assert outcomes(job) == {"Ada Ab": (DONE, ""), "Bob Bc": (DONE, "")}
        assert job.title == "Set stage to Interested"

    def test_whoever_is_there_already_is_skipped_and_untouched(
        self, member, ada, bob, interested
    ):
        act(member, "set-stage", {"stage": interested.pk}, ada)
        job = act(member, "set-stage", {"stage": interested.pk}, ada, bob)

        assert outcomes(job)["Ada Ab"] == (SKIPPED, "Is in this stage already.")
        assert Contact.objects.get(pk=ada.pk).version == 2

    def test_deleted_meanwhile_is_skipped(self, member, admin, ada, bob, interested):
        selection = choose(member, ada, bob)
        delete_contacts(contact_ids=[ada.pk], by=admin, at=timezone.now())

        job = running.take_action(
            action=bulk_actions.get("set-stage"),
            selection=selection,
            values={"stage": interested.pk},
            by=member,
        )

        assert outcomes(job) == {
            "Ada Ab": (SKIPPED, "Deleted meanwhile."),
            "Bob Bc": (DONE, ""),
        }

    def test_a_stage_of_another_team_fails(self, member, ada, other_team):
        with team_scope(other_team.pk):
            theirs = ContactStage.objects.first()

        job = act(member, "set-stage", {"stage": theirs.pk}, ada)

        assert outcomes(job)["Ada Ab"] == (
            FAILED,
            "This stage does not exist any more.",
        )
        assert Contact.objects.get().version == 1

    def test_more_contacts_need_no_more_queries(self, member, interested):
        def queries(number):
            rows = [make_contact(f"C{number}-{n}") for n in range(number)]
            with CaptureQueriesContext(connection) as captured:
                act(member, "set-stage", {"stage": interested.pk}, *rows)
            return len(captured)

        queries(1)
        assert queries(6) == queries(1)


class TestAssignOwner:
    def test_gives_own_and_free_contacts_and_keeps_the_rule_for_others(
        self, member, ada, bob
    ):
        other = make_member(name="Olga")
        Contact.objects.filter(pk=bob.pk).update(owner=other)

        job = act(
            member,
            "assign-owner",
            {"owner": str(member.pk), "accounts": False},
            ada,
            bob,
        )

        assert outcomes(job) == {
            "Ada Ab": (DONE, ""),
            "Bob Bc": (
                SKIPPED,
                "Only Olga and managers give this contact to somebody else.",
            ),
        }
        owners = dict(Contact.objects.values_list("name", "owner"))
        assert owners == {"Ada Ab": member.pk, "Bob Bc": other.pk}

    def test_nobody_is_an_owner_too(self, member, ada):
        Contact.objects.update(owner=member)

        job = act(member, "assign-owner", {"owner": "", "accounts": False}, ada)

        assert Contact.objects.get().owner is None
        assert job.title == "Assign owner: Nobody"

    def test_accounts_follow_if_that_is_ticked(self, admin, member, ada, bob):
        account, other = AccountFactory(), AccountFactory()
        Contact.objects.filter(pk=ada.pk).update(account=account)
        Contact.objects.filter(pk=bob.pk).update(account=other)

        act(admin, "assign-owner", {"owner": str(member.pk), "accounts": True}, ada)
        act(admin, "assign-owner", {"owner": str(member.pk), "accounts": False}, bob)

        account.refresh_from_db()
        other.refresh_from_db()
        assert (account.owner, account.version) == (member, 2)
        assert other.owner is None

    def test_an_account_of_somebody_else_stays_theirs(self, member, ada):
        account = AccountFactory(owner=make_member())
        Contact.objects.update(account=account)

        act(member, "assign-owner", {"owner": str(member.pk), "accounts": True}, ada)

        account.refresh_from_db()
        assert account.owner != member

    def test_a_member_of_another_team_is_no_owner(self, member, ada, other_team):
        with team_scope(other_team.pk):
            theirs = make_member()

        job = act(
            member, "assign-owner", {"owner": str(theirs.pk), "accounts": False}, ada
        )

        assert outcomes(job)["Ada Ab"][0] == FAILED
        assert Contact.objects.get().owner is None


class TestLists:
    @pytest.fixture
    def press(self, team):
        return ContactList.objects.create(name="Press")

    def test_added_once_and_told(self, member, ada, bob, press):
        ListEntry.objects.create(list=press, contact=bob)

        job = act(member, "add-to-list", {"list": press.pk}, ada, bob)

        assert outcomes(job) == {
            "Ada Ab": (DONE, ""),
            "Bob Bc": (SKIPPED, "Is in this list already."),
        }
        assert press.entries.count() == 2
        assert press.entries.get(contact=ada).added_by == member
        assert changes() == {"Ada Ab": [["lists", "", "Press"]]}

    def test_a_new_list_is_created_once(self, member, ada, bob):
        act(member, "add-to-list", {"new_list": "Board"}, ada)
        act(member, "add-to-list", {"new_list": "board"}, bob)

        assert ContactList.objects.get().entries.count() == 2

    def test_a_name_that_cannot_be_kept_makes_no_job(self, member, ada):
        with pytest.raises(Refused):
            act(member, "add-to-list", {"new_list": "x" * 81}, ada)
        assert not Job.objects.exists()

    def test_removed_and_told(self, member, ada, bob, press):
        other = ContactList.objects.create(name="Other")
        ListEntry.objects.create(list=press, contact=ada)
        ListEntry.objects.create(list=other, contact=ada)

        job = act(member, "remove-from-list", {"list": press.pk}, ada, bob)

        assert outcomes(job) == {
            "Ada Ab": (DONE, ""),
            "Bob Bc": (SKIPPED, "Is not in this list."),
        }
        assert list(ListEntry.objects.values_list("list", flat=True)) == [other.pk]
        assert changes() == {"Ada Ab": [["lists", "Press", ""]]}


class TestSetField:
    def test_a_text(self, member, ada):
        job = act(member, "set-field", {"field": "city", "text": "Oslo"}, ada)

        assert Contact.objects.get().city == "Oslo"
        assert changes() == {"Ada Ab": [["city", "", "Oslo"]]}
        assert job.title == "Set “City” to “Oslo”"

    def test_a_title_is_found_and_sorted_by(self, member):
        contact = make_contact("Ada", "Ab", emails=("ada@x.example",), phones=("+1",))

        act(member, "set-field", {"field": "title", "text": "Chief Ædile"}, contact)

        row = Contact.objects.get()
        assert row.title_sort.startswith("chief ")
        assert "chief" in row.search_text
        assert "ada@x.example" in row.search_text
        assert row.version == contact.version + 1

    def test_an_empty_text_empties(self, member):
        contact = make_contact(city="Rome")

        job = act(member, "set-field", {"field": "city", "text": ""}, contact)

        assert Contact.objects.get().city == ""
        assert job.title == "Empty “City”"

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            (Kind.TEXT, "Large"),
            (Kind.LONG_TEXT, "Two\nlines"),
            (Kind.NUMBER, "12.5"),
            (Kind.CURRENCY, "12.5 EUR"),
            (Kind.DATE, "2026-12-01"),
            (Kind.MOMENT, "2026-12-01T10:30+00:00"),
            (Kind.CHECKBOX, "true"),
            (Kind.URL, "https://x.example/a"),
            (Kind.EMAIL, "ada@x.example"),
            (Kind.PHONE, "+12025550133"),
        ],
    )
    def test_a_field_of_the_team(self, member, ada, bob, kind, text):
        field = CustomField.objects.create(name="Own", kind=kind, currency="EUR")
        self.sets_and_empties(member, field, text, ada, bob)

    @pytest.mark.parametrize("kind", [Kind.PICKLIST, Kind.MULTI_PICKLIST])
    def test_an_option(self, member, ada, bob, kind):
        field = CustomField.objects.create(name="Own", kind=kind)
        option = FieldOption.objects.create(field=field, name="Red", position=1)
        self.sets_and_empties(member, field, str(option.pk), ada, bob)

    def test_a_member(self, member, ada, bob):
        field = CustomField.objects.create(name="Own", kind=Kind.MEMBER)
        self.sets_and_empties(member, field, str(member.pk), ada, bob)

    def sets_and_empties(self, member, field, text, *contacts):
        key = f"custom-{field.pk}"

        job = act(member, "set-field", {"field": key, "text": text}, *contacts)

        value = settable_field(key)
        stored = ContactFieldValue.objects.all()
        assert [value.read_row(row) for row in stored] == [text] * len(contacts)
        assert job.counts == {"done": len(contacts)}
        again = act(member, "set-field", {"field": key, "text": text}, contacts[0])
        assert set(outcomes(again).values()) == {(SKIPPED, "Has this value already.")}
        act(member, "set-field", {"field": key, "text": ""}, *contacts)
        assert not ContactFieldValue.objects.exists()

    @pytest.mark.parametrize(
        "field", ["first_name", "external_id", "stage", "deleted_at", "custom-999999"]
    )
    def test_other_fields_are_not_set(self, member, ada, field):
        job = act(member, "set-field", {"field": field, "text": "x"}, ada)

        assert outcomes(job)["Ada Ab"][0] == FAILED
        assert Contact.objects.get().version == 1

    def test_what_a_single_edit_refuses_fails(self, member, ada):
        job = act(member, "set-field", {"field": "country", "text": "nowhere"}, ada)

        assert outcomes(job)["Ada Ab"] == (FAILED, "Choose one from the list.")


class TestDelete:
    def test_own_and_free_contacts_go_and_others_stay(self, member, ada, bob):
        Contact.objects.filter(pk=bob.pk).update(owner=make_member())

        job = act(member, "delete", {}, ada, bob)

        assert outcomes(job) == {
            "Ada Ab": (DONE, ""),
            "Bob Bc": (SKIPPED, "You may not delete contacts of other members."),
        }
        assert [c.name for c in Contact.objects.saved()] == ["Bob Bc"]


class TestSave:
    def test_people_become_contacts_with_a_link_to_each(self, member):
        new, saved = PersonFactory(first_name="New"), PersonFactory(first_name="Old")
        contact = make_contact("Old", "Newman", person=saved)

        job = act(member, "save", {}, new, saved)

        assert outcomes(job) == {
            "New Newman": (DONE, ""),
            "Old Newman": (SKIPPED, "Was saved already."),
        }
        linked = set(job.rows.values_list("record_id", flat=True))
        assert linked == {contact.pk, Contact.objects.get(person=new).pk}

    def test_an_address_that_was_left_out_is_said(self, member):
        make_contact("Other", emails=("one@x.example",))
        person = PersonFactory(first_name="New", email="One@x.example")

        job = act(member, "save", {}, person)

        reason = "One@x.example belongs to another contact and was left out."
        assert outcomes(job) == {"New Newman": (DONE, reason)}
