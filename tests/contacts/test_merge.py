"""Merging contacts: everything moves, nothing is lost, or nothing happens (product.md C14)."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Activity
from activities.services import log_activity
from contacts import belongings
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactList,
    ContactPhone,
    ListEntry,
    Person,
)
from contacts.queries.people_totals import net_new, read_totals
from contacts.services import deletion, purging
from contacts.services.merging import merging
from contacts.services.saving import save_people
from crm.conflicts import Refused
from crm.history.queries import acts_of
from crm.tenancy.scope import team_scope
from layouts.models import CustomField
from tests.contacts.merging import merge, plan_of
from tests.factories import AccountFactory, PersonFactory, make_contact, make_member


@pytest.fixture
def ann(member):
    return make_contact(
        "Ann",
        "Lee",
        emails=("ann@acme.example",),
        phones=("+12025550111",),
        owner=member,
        title="CEO",
    )


@pytest.fixture
def anna(member):
    return make_contact(
        "Anna",
        "Lee",
        emails=("anna@home.example", "ann.lee@old.example"),
        phones=("+12025550111", "+12025550122"),
        owner=member,
        city="Oslo",
        title="Chief Executive",
    )


def put_on(contact, *names):
    for name in names:
        chosen, _created = ContactList.objects.get_or_create(name=name)
        ListEntry.objects.create(list=chosen, contact=contact)


def log(contact, by, *, days=1, key="k"):
    at = timezone.now()
    entry = {"kind": "call", "occurred_at": at - timedelta(days=days), "body": "Hi"}
    return log_activity(contact_id=contact.pk, entry=entry, key=key, by=by, at=at)


def emails_of(contact):
    rows = ContactEmail.objects.filter(contact=contact).order_by("position")
    return list(rows.values_list("email", flat=True))


class TestRegistry:
    def test_every_reference_to_a_contact_says_what_a_merge_does_with_it(self):
        named = {
            (model, name)
            for entry in belongings.registered()
            for model, name in entry.references
        }
        there = {
            (model, field.name)
            for model in apps.get_models()
            for field in model._meta.get_fields()
            if field.many_to_one and field.related_model is Contact
        }

        assert there == named


class TestValues:
    def test_an_empty_value_is_filled_from_the_other(self, ann, anna, member):
        kept = merge(ann, anna, by=member)

        assert (kept.first_name, kept.title, kept.city) == ("Ann", "CEO", "Oslo")

    def test_each_field_is_chosen(self, ann, anna, member):
        choices = {"title": anna.pk, "city": ann.pk}

        kept = merge(ann, anna, by=member, choices=choices)

        assert (kept.title, kept.city) == ("Chief Executive", "")
        assert "chief executive" in kept.search_text

    def test_values_of_custom_fields_are_chosen_like_others(self, ann, anna, member):
        shirt, shoes = (
            CustomField.objects.create(name=name, kind=CustomField.Kind.TEXT)
            for name in ("Shirt", "Shoes")
        )
        for contact, size in ((ann, "S"), (anna, "L")):
            ContactFieldValue.objects.create(
                contact=contact, field=shirt, text_value=size
            )
        ContactFieldValue.objects.create(contact=anna, field=shoes, text_value="38")

        merge(ann, anna, by=member)

        values = ContactFieldValue.objects.filter(contact=ann)
        assert set(values.values_list("field__name", "text_value")) == {
            ("Shirt", "S"),
            ("Shoes", "38"),
        }

    def test_addresses_are_united_and_one_is_primary(self, ann, anna, member):
        kept = merge(ann, anna, by=member, primary_email="anna@home.example")

        assert emails_of(ann) == [
            "anna@home.example",
            "ann@acme.example",
            "ann.lee@old.example",
        ]
        assert kept.primary_email == "anna@home.example"
        numbers = ContactPhone.objects.filter(contact=ann).order_by("position")
        assert list(numbers.values_list("number", flat=True)) == [
            "+12025550111",
            "+12025550122",
        ]
        assert "12025550122" in kept.search_text

    def test_the_owner_of_somebody_else_s_contact_stays(self, anna, member):
        theirs = make_contact("Ann", owner=make_member())

        with pytest.raises(Refused):
            merge(theirs, anna, by=member, choices={"owner": anna.pk})

        assert not Contact.objects.get(pk=anna.pk).is_deleted


class TestMoves:
    def test_the_timeline_moves_and_says_so(self, ann, anna, member):
        log(ann, member, days=5)
        log(anna, member, days=2)

        kept = merge(ann, anna, by=member)

        mine = Activity.objects.filter(contact=ann)
        assert mine.interactions().count() == 2
        assert not Activity.objects.filter(contact=anna).exists()
        newest = mine.interactions().newest_first().first()
        assert kept.last_activity_at == newest.occurred_at
        [told] = acts_of("contact", ann.pk, size=1)
        assert (told.kind, told.via) == ("contact.merge", "Anna Lee")

    def test_the_account_s_log_follows(self, member):
        acme = AccountFactory()
        ann, anna = make_contact("Ann", account=acme), make_contact("Anna")
        log(anna, member)

        merge(ann, anna, by=member)

        assert Activity.objects.interactions().get().account == acme

    def test_the_same_form_sent_for_both_is_no_conflict(self, ann, anna, member):
        log(ann, member, key="same")
        log(anna, member, key="same")

        merge(ann, anna, by=member)

        assert Activity.objects.interactions().filter(contact=ann).count() == 2

    def test_lists_are_united(self, ann, anna, member):
        put_on(ann, "Hot", "Press")
        put_on(anna, "Press", "Fair")

        merge(ann, anna, by=member)

        names = ListEntry.objects.values_list("contact__name", "list__name")
        assert sorted(names) == [
            ("Ann Lee", "Fair"),
            ("Ann Lee", "Hot"),
            ("Ann Lee", "Press"),
        ]

    def test_several_at_once(self, ann, anna, member):
        third = make_contact(
            "A", "Lee", emails=("a@x.example",), github_url="https://github.com/a"
        )

        kept = merge(ann, anna, third, by=member)

        assert len(emails_of(ann)) == 4
        assert kept.github_url == "https://github.com/a"
        assert Contact.objects.merged().count() == 2

    def test_takes_as_many_statements_for_a_thousand_activities_as_for_one(
        self, ann, anna, member
    ):
        def statements(keep, absorb, number):
            at = timezone.now()
            Activity.objects.bulk_create(
                Activity(contact=absorb, kind="call", occurred_at=at)
                for _n in range(number)
            )
            plan = plan_of(keep, absorb)
            with CaptureQueriesContext(
                connection,
            ) as captured:
                merging.merge_contacts(plan=plan, by=member, at=at)
            return len(captured)

        other = make_contact("Bob"), make_contact("Bob")
        assert statements(*other, 1000) <= statements(ann, anna, 1)


class TestBin:
    def test_one_in_the_bin_with_the_same_address_becomes_part(self, member):
        binned = make_contact("Ann", emails=("ann@acme.example", "a@old.example"))
        log(binned, member)
        deletion.delete_contacts(contact_ids=[binned.pk], by=member, at=timezone.now())
        ann = make_contact("Ann", emails=("ann@acme.example",))

        merge(ann, binned, by=member)

        assert emails_of(ann) == ["ann@acme.example", "a@old.example"]
        assert ContactEmail.objects.filter(contact=ann, is_live=False).count() == 0
        assert Activity.objects.interactions().get().contact_id == ann.pk

    def test_a_merged_contact_is_not_in_the_bin(self, ann, anna, member):
        merge(ann, anna, by=member)

        assert not Contact.objects.deleted().exists()
        done = deletion.restore_contacts(
            contact_ids=[anna.pk], by=member, at=timezone.now()
        )
        assert done.restored == []


class TestRefusals:
    def test_what_somebody_changed_meanwhile_is_not_lost(self, ann, anna, member):
        plan = plan_of(ann, anna)
        Contact.objects.filter(pk=anna.pk).update(version=7)

        with pytest.raises(merging.ChangedMeanwhile) as caught:
            merging.merge_contacts(plan=plan, by=member, at=timezone.now())

        assert [one.name for one in caught.value.contacts] == ["Anna Lee"]
        assert not Contact.objects.merged().exists()

    def test_who_may_not_delete_the_other_may_not_merge_it(self, ann, member):
        theirs = make_contact("Anna", owner=make_member())

        with pytest.raises(deletion.NotAllowed):
            merge(ann, theirs, by=member)

        merge(theirs, ann, by=member)

    def test_a_viewer_may_not(self, ann, viewer):
        with pytest.raises(deletion.NotAllowed):
            merge(ann, make_contact(), by=viewer)

    def test_a_contact_is_not_merged_twice_nor_with_itself(self, ann, anna, member):
        plan = plan_of(ann, anna)
        merge(ann, anna, by=member)

        for ids in ([anna.pk], [ann.pk], [0], []):
            again = merging.MergePlan(
                keep_id=ann.pk, absorbed_ids=ids, versions=plan.versions
            )
            with pytest.raises(merging.CannotMerge):
                merging.merge_contacts(plan=again, by=member, at=timezone.now())

    def test_another_team_s_contact_is_none(self, ann, member, other_team):
        with team_scope(other_team.pk):
            theirs = make_contact("Eve")
        plan = merging.MergePlan(
            keep_id=ann.pk, absorbed_ids=[theirs.pk], versions={ann.pk: 1, theirs.pk: 1}
        )

        with pytest.raises(merging.CannotMerge):
            merging.merge_contacts(plan=plan, by=member, at=timezone.now())

    def test_an_error_in_the_middle_leaves_everything_as_it_was(
        self, ann, anna, member
    ):
        log(anna, member)
        put_on(anna, "Hot")
        ContactEmail.objects.filter(contact=ann).update(email_norm="x@x.example")
        third = make_contact("Third", external_id="X1")
        deleted = make_contact("Gone")
        deletion.delete_contacts(contact_ids=[deleted.pk], by=member, at=timezone.now())
        Contact.objects.filter(pk=deleted.pk).update(external_id="X1")

        with pytest.raises(Refused):
            merge(ann, anna, deleted, by=member, choices={"external_id": deleted.pk})

        assert Contact.objects.get(pk=third.pk).external_id == "X1"
        assert Contact.objects.merged().count() == 0
        assert Activity.objects.interactions().get().contact_id == anna.pk
        assert ListEntry.objects.get().contact_id == anna.pk


class TestChains:
    def test_all_lead_to_the_last_survivor(self, ann, anna, member):
        third = make_contact("A", "Lee")
        merge(ann, anna, by=member)
        merge(third, ann, by=member)

        merged = Contact.objects.merged().values_list("pk", "merged_into_id")
        assert dict(merged) == {ann.pk: third.pk, anna.pk: third.pk}


class TestNetNew:
    @pytest.fixture
    def persons(self, member):
        persons = [PersonFactory(), PersonFactory()]
        pks = [person.pk for person in persons]
        saved = save_people(person_ids=pks, by=member, at=timezone.now())
        contacts = [Contact.objects.get(pk=saved.contact_of[pk]) for pk in pks]
        return persons, contacts

    def test_both_persons_stay_saved(self, persons, member, settings):
        _people, (one, other) = persons
        settings.DELETION_HOLDBACK_HOURS = 0

        merge(one, other, by=member)

        assert not net_new(Person.objects.all()).exists()
        assert read_totals().net_new.value == 0

    def test_saving_the_other_person_again_opens_the_survivor(self, persons, member):
        people, (one, other) = persons
        merge(one, other, by=member)

        again = save_people(person_ids=[people[1].pk], by=member, at=timezone.now())

        assert again.already == {people[1].pk: one.pk}

    def test_the_survivor_is_the_person_that_only_the_other_was(self, ann, member):
        person = PersonFactory()
        saved = save_people(person_ids=[person.pk], by=member, at=timezone.now())
        other = Contact.objects.get(pk=saved.contact_of[person.pk])

        assert merge(ann, other, by=member).person_id == person.pk


class TestPurge:
    def test_takes_those_that_were_merged_along(self, ann, anna, member, other_team):
        merge(ann, anna, by=member)
        at = timezone.now() - timedelta(days=400)
        deletion.delete_contacts(contact_ids=[ann.pk], by=member, at=at)

        assert purging.purge_deleted(at=timezone.now()) == 1

        assert not Contact.objects.exists()

    def test_leaves_a_merged_contact_for_as_long_as_its_survivor(
        self, ann, anna, member
    ):
        merge(ann, anna, by=member)
        long_ago = timezone.now() - timedelta(days=400)
        Contact.objects.filter(pk=anna.pk).update(deleted_at=long_ago)

        assert purging.purge_deleted(at=timezone.now()) == 0
        assert Contact.objects.merged().exists()
