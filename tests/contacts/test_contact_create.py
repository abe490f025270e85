"""A new contact by hand (product.md A4, D3, Q3), and lists."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from contacts.models import (
    Contact,
    ContactFieldValue,
    ContactList,
    ContactStage,
    ListEntry,
)
from contacts.services import creating, lists
from contacts.services.creating import NewContact, create_contact
from contacts.services.deletion import delete_contacts
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from layouts.queries import custom_values, values_of
from tests.contacts.people import people, text, url
from tests.factories import AccountFactory, make_contact, make_member
from tests.layouts.test_values import make_field

MODAL = {"HX-Request": "true", "HX-Target": "modal"}
FORM = {"HX-Request": "true", "HX-Target": "contact-form"}


def body(**values):
    stage = ContactStage.objects.get(is_first=True)
    return {"first_name": "Ada", "last_name": "Lovelace", "stage": stage.pk, **values}


class TestPage:
    def test_offers_the_first_stage_and_the_member_as_owner(
        self, as_member, member, team
    ):
        form = as_member.get(url("contact_create", team)).context["form"]

        assert form["owner"].value() == member.pk
        assert form["stage"].value() == ContactStage.objects.get(is_first=True).pk

    def test_comes_as_a_dialog_too(self, as_member, team):
        response = as_member.get(url("contact_create", team), headers=MODAL)

        assert "<html" not in response.content.decode()
        assert "<dialog" in response.content.decode()

    def test_names_existing_accounts(self, as_member, team, other_team):
        AccountFactory(name="Acme")
        with team_scope(other_team.pk):
            AccountFactory(name="Acme of theirs")

        response = as_member.get(url("account_names", team), {"account": "acm"})

        assert 'value="Acme"' in response.content.decode()
        assert "theirs" not in response.content.decode()


class TestCreate:
    def test_adds_the_contact_with_everything(self, as_member, member, team):
        other = make_member()
        replied = ContactStage.objects.get(name="Replied")
        hot = ContactList.objects.create(name="Hot")

        response = as_member.post(
            url("contact_create", team),
            body(
                title="Countess",
                email=" Ada@Example.com",
                phone="(202) 224-3441 ext. 5",
                account="Analytical Engines",
                stage=replied.pk,
                owner=other.pk,
                lists=[hot.pk],
            ),
        )

        contact = Contact.objects.get()
        assert response["Location"] == url(
            "contact_detail", team, contact_id=contact.pk
        )
        assert (contact.name, contact.title, contact.stage, contact.owner) == (
            "Ada Lovelace",
            "Countess",
            replied,
            other,
        )
        assert (contact.source, contact.created_by) == (Contact.Source.MANUAL, member)
        assert contact.emails.get().email_norm == "ada@example.com"
        assert (contact.phones.get().number, contact.phones.get().extension) == (
            "+12022243441",
            "5",
        )
        assert contact.account.name == "Analytical Engines"
        assert ListEntry.objects.get().list == hot

    def test_the_new_contact_is_found_at_once(self, as_member, team):
        as_member.post(
            url("contact_create", team),
            body(email="ada@example.com", account="Engines"),
        )

        for typed in ("lovelace", "ada@exam", "engines"):
            assert len(people(as_member, team, f"q={typed}").context["page"].rows) == 1

    def test_takes_an_existing_account_whatever_the_case(self, as_member, team):
        account = AccountFactory(name="Société Générale")

        as_member.post(url("contact_create", team), body(account="societe  GENERALE"))

        assert Contact.objects.get().account == account
        assert Account.objects.count() == 1

    def test_an_address_alone_is_enough(self, as_member, team):
        as_member.post(
            url("contact_create", team),
            body(first_name="", last_name="", email="ada@example.com"),
        )

        assert Contact.objects.get().name == "ada@example.com"

    def test_the_dialog_leads_to_the_profile(self, as_member, team):
        response = as_member.post(url("contact_create", team), body(), headers=FORM)

        assert response["HX-Redirect"] == url(
            "contact_detail", team, contact_id=Contact.objects.get().pk
        )


class TestMistakes:
    """Q3: a clear message at the field; nothing typed is lost, nothing is half written."""

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"email": "ada"}, "no @"),
            ({"email": "ada b@example.com"}, "spaces"),
            ({"phone": "12345"}, "is not a phone number in any country"),
            ({"first_name": "x" * 10_000}, "at most 100 characters"),
            ({"last_name": "a\x00b"}, "Null characters are not allowed"),
            ({"stage": "999999"}, "Select a valid choice"),
            ({"stage": "abc"}, "Select a valid choice"),
            ({"owner": "999999"}, "Select a valid choice"),
            ({"lists": ["999999"]}, "Select a valid choice"),
            ({"first_name": "", "last_name": ""}, "Give a name"),
            ({"account": "x" * 201}, "at most 200 characters"),
        ],
    )
    def test_is_named_at_its_field(self, as_member, team, wrong, says):
        response = as_member.post(
            url("contact_create", team), body(title="Kept title", **wrong), headers=FORM
        )

        assert response.status_code == 422
        assert says in text(response)
        assert "Kept title" in response.content.decode()
        assert not Contact.objects.exists()
        assert not Account.objects.exists()

    def test_a_taken_address_links_its_contact(self, as_member, team):
        other = make_contact("Other", "One", emails=("ada@example.com",))

        response = as_member.post(
            url("contact_create", team), body(email="ADA@example.com", account="New")
        )

        assert response.status_code == 422
        assert "ada@example.com belongs to Other One" in text(response)
        assert (
            url("contact_detail", team, contact_id=other.pk)
            in response.content.decode()
        )
        assert Contact.objects.count() == 1
        assert not Account.objects.exists()

    def test_an_address_in_the_bin_offers_to_restore_its_contact(self, as_member, team):
        other = make_contact("Other", "One", emails=("ada@example.com",))
        delete_contacts(
            contact_ids=[other.pk], by=make_member(Role.ADMIN), at=timezone.now()
        )

        response = as_member.post(
            url("contact_create", team), body(email="ada@example.com")
        )

        assert response.status_code == 422
        assert "Other One is in the bin" in text(response)
        assert (
            url("contact_restore", team, contact_id=other.pk)
            in response.content.decode()
        )
        assert Contact.objects.count() == 1

    def test_the_same_address_in_another_team_is_free(
        self, as_member, team, other_team
    ):
        with team_scope(other_team.pk):
            make_contact("Theirs", emails=("ada@example.com",))

        assert (
            as_member.post(
                url("contact_create", team), body(email="ada@example.com")
            ).status_code
            == 302
        )

    def test_another_teams_stage_list_and_owner_are_refused(
        self, as_member, team, other_team
    ):
        with team_scope(other_team.pk):
            foreign = {
                "stage": ContactStage.objects.first().pk,
                "owner": make_member().pk,
                "lists": [ContactList.objects.create(name="Theirs").pk],
            }

        for name, value in foreign.items():
            assert (
                as_member.post(
                    url("contact_create", team), body(**{name: value})
                ).status_code
                == 422
            )
        assert not Contact.objects.exists()


class TestService:
    def test_another_one_adding_the_address_meanwhile_is_a_taken_address(
        self, member, monkeypatch
    ):
        """Between looking and writing somebody else may be faster; the database decides."""
        other = make_contact("Other", emails=("ada@example.com",))
        looked = []

        def look(email):
            looked.append(email)
            if len(looked) > 1:
                return original(email)
            return None

        original = creating._check_free
        monkeypatch.setattr(creating, "_check_free", look)

        with pytest.raises(creating.EmailTaken) as caught:
            create_contact(
                new=NewContact(first_name="Ada", email="ada@example.com"),
                by=member,
                at=timezone.now(),
            )
        assert caught.value.contact == other


class TestLists:
    def test_a_name_is_used_once_whatever_the_case(self, member):
        lists.create_list(name="Hot  leads", by=member)

        with pytest.raises(lists.ListNameTaken):
            lists.create_list(name="HOT LEADS", by=member)
        assert ContactList.objects.get().name == "Hot leads"

    def test_a_contact_is_in_exactly_the_lists_it_was_put_into(self, member):
        contact = make_contact()
        one, two, three = (
            lists.create_list(name=name, by=member) for name in ("One", "Two", "Three")
        )
        lists.set_contact_lists(contact, lists=[one, two], by=member)
        kept = ListEntry.objects.get(list=two)

        lists.set_contact_lists(contact, lists=[two, three], by=member)

        assert set(contact.list_entries.values_list("list__name", flat=True)) == {
            "Two",
            "Three",
        }
        assert ListEntry.objects.get(list=two).pk == kept.pk


def test_fields_of_the_teams_own_are_asked_too(as_member, team):
    """C61: in forms, with the same checks as everywhere."""
    size = make_field("number")
    fan, tier = make_field("checkbox"), make_field("picklist", "Gold")
    page = url("contact_create", team)
    person = {
        "first_name": "Grace",
        "stage": ContactStage.objects.get(is_first=True).pk,
        f"custom-{tier.pk}": tier.options.get().pk,
    }

    refused = as_member.post(page, {**person, f"custom-{size.pk}": "large"})
    as_member.post(page, {**person, f"custom-{size.pk}": "42"})

    assert refused.status_code == 422
    assert "Enter a number" in refused.content.decode()
    contact = Contact.objects.get()
    shown = values_of(ContactFieldValue, [contact.pk], custom_values())[contact.pk]
    assert shown == {size.pk: "42", tier.pk: "Gold"}
    assert fan.pk not in shown


class TestOnce:
    """F20: a form that is sent twice, by a double click or after Back, makes one contact."""

    def test_the_second_time_leads_to_the_same_contact(self, as_member, team):
        address = url("contact_create", team)
        token = as_member.get(address).context["form"]["token"].value()

        first = as_member.post(address, body(token=token))
        again = as_member.post(address, body(token=token, title="Countess"))

        assert first["Location"] == again["Location"]
        assert Contact.objects.get().title == ""

    def test_the_form_keeps_its_token_with_what_was_typed(self, as_member, team):
        address = url("contact_create", team)
        page = as_member.post(address, body(token="the-first", email="nonsense"))

        assert 'name="token" value="the-first"' in page.text

    def test_another_form_or_another_person_makes_another_one(
        self, as_member, team, admin
    ):
        address = url("contact_create", team)
        for token in ("one", "two", "", ""):
            as_member.post(address, body(token=token))
        theirs = Client()
        theirs.force_login(admin.user, backend="crm.teams.backends.MembershipBackend")
        theirs.post(address, body(token="one"))

        assert Contact.objects.count() == 5

    def test_one_that_was_purged_since_is_made_anew(self, as_member, team):
        address = url("contact_create", team)
        as_member.post(address, body(token="one"))
        Contact.objects.all().delete()
        as_member.post(address, body(token="one"))

        assert Contact.objects.count() == 1
