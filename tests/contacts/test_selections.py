"""Freezing what a bulk action works on (product.md P7; lessons.md 2a)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contacts import tasks
from contacts.models import Contact, Selection, SelectionPart
from contacts.models import selections as model
from contacts.services import selections
from contacts.services.deletion import delete_contacts
from contacts.services.selections import CannotSelect, NumberChanged
from crm.tenancy.scope import team_scope
from tests.factories import PersonFactory, make_contact, make_member

CONTACTS, PEOPLE = Selection.Of.CONTACTS, Selection.Of.PEOPLE


@pytest.fixture
def theirs(other_team):
    with team_scope(other_team.pk):
        return make_contact("Their", "Contact")


def choose(member, *ids, of=CONTACTS):
    return selections.freeze_chosen(
        of=of, ids=ids, state="", by=member, at=timezone.now()
    )


def choose_all(member, state="", *, of=CONTACTS, confirmed=None):
    return selections.freeze_all(
        of=of, state=state, confirmed=confirmed, by=member, at=timezone.now()
    )


def frozen(selection, *, after=0, size=100):
    return [pk for chunk in selection.chunks(after=after, size=size) for pk in chunk]


class TestChosen:
    def test_are_frozen_in_the_order_of_their_ids(self, member):
        contacts = [make_contact(f"C{n}").pk for n in range(3)]

        selection = choose(member, *reversed(contacts))

        assert frozen(selection) == contacts
        assert (selection.total, selection.is_all) == (3, False)

    def test_nobody_is_never_everybody(self, member):
        make_contact()

        with pytest.raises(CannotSelect, match="Nobody was selected"):
            choose(member)
        assert not Selection.objects.exists()

    def test_deleted_and_other_teams_contacts_are_left_out(self, member, theirs, admin):
        stays, goes = make_contact("Stays"), make_contact("Goes")
        delete_contacts(contact_ids=[goes.pk], by=admin, at=timezone.now())

        selection = choose(member, stays.pk, goes.pk, theirs.pk)

        assert frozen(selection) == [stays.pk]

    def test_persons_of_the_directory(self, member):
        person = PersonFactory()

        assert frozen(choose(member, person.pk, of=PEOPLE)) == [person.pk]


class TestAll:
    def test_is_what_the_list_shows_of_this_team_only(self, member, theirs):
        ada, bob = make_contact("Ada"), make_contact("Bob")

        selection = choose_all(member)

        assert frozen(selection) == [ada.pk, bob.pk]
        assert (selection.is_all, selection.is_narrowed) == (True, False)

    def test_follows_search_and_filters(self, member):
        ada = make_contact("Ada", owner=member)
        make_contact("Ada", owner=make_member())
        make_contact("Bob", owner=member)

        selection = choose_all(member, "q=ada&owner=me")

        assert frozen(selection) == [ada.pk]
        assert selection.is_narrowed

    def test_a_contact_that_matches_later_is_not_in_it(self, member):
        ada = make_contact("Ada")
        selection = choose_all(member)
        make_contact("Bob")

        assert frozen(selection) == [ada.pk]

    def test_net_new_people(self, member):
        saved, new = PersonFactory(), PersonFactory()
        make_contact("Saved", person=saved)

        assert frozen(choose_all(member, "scope=net-new", of=PEOPLE)) == [new.pk]

    def test_of_both_kinds_the_wanted_one_is_frozen(self, member):
        contact = make_contact("Saved", person=PersonFactory())
        new = PersonFactory()

        total = "scope=total"
        assert frozen(choose_all(member, total, confirmed=2)) == [contact.pk]
        assert frozen(choose_all(member, total, of=PEOPLE, confirmed=2)) == [new.pk]

    def test_another_number_than_confirmed_is_refused_with_the_new_one(self, member):
        make_contact("Ada")
        make_contact("Bob")

        with pytest.raises(NumberChanged) as refused:
            choose_all(member, confirmed=1)
        assert refused.value.number == 2
        assert not Selection.objects.exists()
        assert choose_all(member, confirmed=2).total == 2

    @pytest.mark.parametrize(
        "state", ["stage=999999", "activity=no-such-thing&owner=x"]
    )
    def test_a_filter_that_is_not_understood_is_no_reason_to_take_more(
        self, member, state
    ):
        make_contact()

        with pytest.raises(CannotSelect):
            choose_all(member, state)
        assert not Selection.objects.exists()

    def test_nobody_matches(self, member):
        with pytest.raises(CannotSelect, match="Nobody was selected"):
            choose_all(member, "q=nobody")

    def test_more_than_the_limit_are_refused(self, member, monkeypatch):
        monkeypatch.setattr(selections, "LIMIT", 2)
        for n in range(3):
            make_contact(f"C{n}")

        with pytest.raises(CannotSelect, match="More than a million"):
            choose_all(member)
        assert not SelectionPart.objects.exists()

    def test_ids_do_not_travel_through_python(self, member):
        def queries():
            with CaptureQueriesContext(connection) as captured:
                choose_all(member)
            return len(captured)

        make_contact()
        queries()  # the first one also reads what is kept for the next
        one = queries()
        for n in range(6):
            make_contact(f"C{n}")
        assert queries() == one


class TestChunks:
    @pytest.fixture
    def selection(self, member, monkeypatch):
        monkeypatch.setattr(model, "PART", 3)
        monkeypatch.setattr(selections, "PART", 3)
        for n in range(10):
            make_contact(f"C{n}")
        return choose_all(member)

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 10, 50])
    def test_cover_everybody_once_whatever_their_size(self, selection, size):
        chunks = list(selection.chunks(after=0, size=size))

        every = list(Contact.objects.order_by("pk").values_list("pk", flat=True))
        assert [pk for chunk in chunks for pk in chunk] == every
        assert all(len(chunk) == size for chunk in chunks[:-1])

    @pytest.mark.parametrize("after", range(11))
    def test_go_on_where_one_ended(self, selection, after):
        assert frozen(selection, after=after, size=4) == frozen(selection)[after:]

    def test_the_first_ones(self, selection):
        assert selection.first(4) == frozen(selection)[:4]


class TestExpiry:
    def test_the_sweep_removes_what_is_old_in_every_team(
        self, member, other_team, django_capture_on_commit_callbacks, eager_jobs
    ):
        make_contact()
        old, fresh = choose_all(member), choose_all(member)
        Selection.objects.filter(pk=old.pk).update(
            expires_at=timezone.now() - timedelta(seconds=1)
        )

        with eager_jobs(execute=True):
            tasks.sweep_expired_selections()
        with eager_jobs(execute=True):
            tasks.sweep_expired_selections()

        assert list(Selection.objects.all()) == [fresh]
        assert set(SelectionPart.objects.values_list("selection", flat=True)) == {
            fresh.pk
        }
