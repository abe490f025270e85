"""Saving people of the directory (product.md P6, D2, D3)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, Organization
from contacts.models import Contact, ContactEmail, ContactStage
from contacts.services.deletion import delete_contacts
from contacts.services.saving import save_people
from contacts.signals import contacts_created
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.contacts.people import people, text, url
from tests.factories import (
    AccountFactory,
    PersonFactory,
    make_contact,
    make_member,
    make_team,
)


@pytest.fixture
def organization(db):
    return Organization.objects.create(
        key="o1", name="Halden Robotics", domain="halden.example", city="Halden"
    )


@pytest.fixture
def frida(organization):
    return PersonFactory(
        first_name="Frida",
        last_name="Holm",
        title="VP Sales",
        email="Frida@Halden.example",
        phone="+4722334455",
        city="Malmö",
        country="SE",
        linkedin_url="https://www.linkedin.com/in/frida",
        organization=organization,
    )


def save(client, team, *persons, state="scope=net-new", **headers):
    body = {"person": [person.pk for person in persons], "state": state}
    return client.post(url("people_save", team), body, headers=headers)


class TestSave:
    def test_makes_a_contact_of_the_saver_in_the_first_stage(
        self, as_member, member, team, frida
    ):
        response = save(as_member, team, frida)

        contact = Contact.objects.get()
        assert response["Location"] == url("people_list", team) + "?scope=net-new"
        assert contact.owner == member
        assert contact.stage == ContactStage.objects.get(is_first=True)
        assert contact.source == Contact.Source.DIRECTORY
        assert (contact.name, contact.title, contact.city, contact.country) == (
            "Frida Holm",
            "VP Sales",
            "Malmö",
            "SE",
        )
        assert contact.linkedin_url == frida.linkedin_url
        assert [row.email_norm for row in contact.emails.all()] == [
            "frida@halden.example"
        ]
        assert [row.number for row in contact.phones.all()] == ["+4722334455"]

    def test_the_contact_can_be_found_and_says_who_was_saved(
        self, as_member, team, frida
    ):
        save(as_member, team, frida)

        for typed in ("frida", "halden+robotics", "22334455", "frida@halden.example"):
            assert [
                row.name
                for row in people(as_member, team, f"q={typed}").context["page"].rows
            ] == ["Frida Holm"]

    def test_creates_the_account_from_the_organization(
        self, as_member, team, frida, organization
    ):
        save(as_member, team, frida)

        account = Contact.objects.get().account
        assert (account.name, account.domain, account.organization) == (
            "Halden Robotics",
            "halden.example",
            organization,
        )

    def test_matches_an_account_by_domain(self, as_member, team, frida):
        account = AccountFactory(name="Our Halden", domain="halden.example")

        save(as_member, team, frida)

        assert Contact.objects.get().account == account
        assert Account.objects.count() == 1

    def test_colleagues_share_one_account_without_a_domain_too(self, as_member, team):
        organization = Organization.objects.create(key="o2", name="No Domain AB")
        two = [PersonFactory(organization=organization) for _n in range(2)]

        save(as_member, team, *two)
        save(as_member, team, PersonFactory(organization=organization))

        assert Contact.objects.count() == 3
        assert Account.objects.get().contacts.count() == 3

    def test_many_are_saved_in_one_go_and_told_once(
        self, as_member, member, team, organization
    ):
        told = []

        def receiver(**sent):
            told.append(sent["contact_ids"])

        contacts_created.connect(receiver, weak=False)
        persons = [PersonFactory(organization=organization) for _n in range(5)]

        response = as_member.post(
            url("people_save", team), {"person": [p.pk for p in persons]}, follow=True
        )

        contacts_created.disconnect(receiver)
        assert (
            "5 people saved" in text(response)
            or "5 people saved" in response.content.decode()
        )
        assert [sorted(ids) for ids in told] == [
            sorted(Contact.objects.values_list("pk", flat=True))
        ]

    def test_more_people_need_no_more_queries(self, member, organization):
        def queries(number):
            persons = [PersonFactory(organization=organization) for _n in range(number)]
            with CaptureQueriesContext(connection) as captured:
                save_people(
                    person_ids=[p.pk for p in persons], by=member, at=timezone.now()
                )
            return len(captured)

        queries(1)
        assert queries(6) == queries(1)


class TestAlreadySaved:
    def test_opens_the_existing_contact_and_says_so(self, as_member, team, frida):
        save(as_member, team, frida)

        response = save(as_member, team, frida)

        contact = Contact.objects.get()
        assert response["Location"] == url(
            "contact_detail", team, contact_id=contact.pk
        )
        assert (
            "was already saved"
            in as_member.get(url("people_list", team)).content.decode()
        )

    def test_among_others_it_is_counted(self, as_member, team, frida):
        save(as_member, team, frida)

        response = as_member.post(
            url("people_save", team),
            {"person": [frida.pk, PersonFactory().pk]},
            follow=True,
        )

        assert "1 person saved. 1 was already saved" in response.content.decode()
        assert Contact.objects.count() == 2

    def test_another_teams_contact_of_the_person_does_not_count(
        self, as_member, team, other_team, frida
    ):
        with team_scope(other_team.pk):
            make_contact("Theirs", person=frida)

        save(as_member, team, frida)

        assert Contact.objects.get().name == "Frida Holm"


class TestTakenEmail:
    def test_the_person_is_saved_without_it_and_that_is_said(
        self, as_member, team, frida
    ):
        make_contact("Other", "One", emails=("frida@halden.example",))

        response = as_member.post(
            url("people_save", team), {"only": frida.pk}, follow=True
        )

        assert not Contact.objects.get(person=frida).emails.exists()
        assert (
            "frida@halden.example of Frida Holm belongs to another contact"
            in response.content.decode()
        )

    def test_of_two_persons_with_one_address_the_first_gets_it(
        self, as_member, team, frida
    ):
        twin = PersonFactory(email="frida@halden.example")

        save(as_member, team, frida, twin)

        assert ContactEmail.objects.get().contact.person == frida


class TestBinned:
    def test_comes_back_with_its_record(self, as_member, team, frida):
        admin = make_member(Role.ADMIN)
        save(as_member, team, frida)
        contact = Contact.objects.get()
        delete_contacts(
            contact_ids=[contact.pk], by=admin, at=timezone.now() - timedelta(days=10)
        )

        response = as_member.post(
            url("people_save", team), {"only": frida.pk}, follow=True
        )

        assert Contact.objects.get().pk == contact.pk
        assert not Contact.objects.get().is_deleted
        assert "restored from the bin" in response.content.decode()


class TestFragment:
    HEADERS = {"HX-Request": "true", "HX-Target": "people-rows"}

    def test_rows_stay_and_become_saved(self, as_member, team, frida):
        stays = PersonFactory(first_name="Stays", last_name="New")

        response = save(
            as_member, team, frida, state="scope=net-new&sort=name", **self.HEADERS
        )

        body = response.content.decode()
        contact = Contact.objects.get()
        assert "<html" not in body
        assert f'id="person-{frida.pk}"' in body
        assert url("contact_detail", team, contact_id=contact.pk) in body
        assert f'name="only" value="{frida.pk}"' not in body
        assert f'name="only" value="{stays.pk}"' in body
        assert 'id="people-tabs"' in body
        assert "1 person saved" in response["HX-Trigger"]

    def test_nobody_selected_is_said(self, as_member, team, frida):
        response = save(as_member, team, **self.HEADERS)

        assert "Nobody was selected" in response["HX-Trigger"]

    @pytest.mark.parametrize(
        "person", ["abc", "-1", "99999999999999999999999", "999999999", "\x00"]
    )
    def test_persons_that_do_not_exist_change_nothing(self, as_member, team, person):
        response = as_member.post(url("people_save", team), {"person": person})

        assert response.status_code == 302
        assert not Contact.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestRaces:
    """P6: a double click saves once; so do two members at the same moment."""

    def test_two_at_once_make_one_contact(self):
        team = make_team()
        organization = Organization.objects.create(
            key="o3", name="Race", domain="race.example"
        )
        persons = [
            PersonFactory(organization=organization, email=f"r{n}@race.example")
            for n in range(4)
        ]

        def save_all(by):
            try:
                with team_scope(team.pk):
                    return save_people(
                        person_ids=[p.pk for p in persons], by=by, at=timezone.now()
                    )
            finally:
                connection.close()

        with team_scope(team.pk):
            members = [make_member() for _n in range(4)]
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(save_all, members))

        with team_scope(team.pk):
            assert Contact.objects.count() == 4
            assert Account.objects.count() == 1
        assert sorted(len(result.created) for result in results) == [0, 0, 0, 4]


class TestBinnedUnderTheirAddress:
    """D3: re-adding finds a deleted contact that was imported or typed, and makes no twin."""

    @pytest.mark.parametrize(
        "known_by",
        [
            {"emails": ("Nia@x.example",)},
            {"linkedin_url": "https://linkedin.com/in/nia/"},
        ],
    )
    def test_is_restored_and_linked(self, admin, known_by):
        emails = tuple(email.lower() for email in known_by.pop("emails", ()))
        contact = make_contact("Nia", "Newman", emails=emails, **known_by)
        at = timezone.now()
        delete_contacts(contact_ids=[contact.pk], by=admin, at=at)
        nia = PersonFactory(
            email="nia@x.example", linkedin_url="https://www.linkedin.com/in/nia"
        )

        done = save_people(person_ids=[nia.pk], by=admin, at=at)

        assert (done.restored, done.created) == ([contact.pk], [])
        assert done.contact_of == {nia.pk: contact.pk}
        assert Contact.objects.get().person == nia
        again = save_people(person_ids=[nia.pk], by=admin, at=at)
        assert again.already == {nia.pk: contact.pk}

    def test_one_of_another_person_is_left_alone(self, admin):
        other = PersonFactory()
        contact = make_contact("Nia", person=other, emails=("nia@x.example",))
        at = timezone.now()
        delete_contacts(contact_ids=[contact.pk], by=admin, at=at)
        nia = PersonFactory(email="nia@x.example")

        done = save_people(person_ids=[nia.pk], by=admin, at=at)

        assert len(done.created) == 1
