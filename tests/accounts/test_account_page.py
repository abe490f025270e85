"""An account's page and its editing (product.md C9, C5, C6)."""

import re

import pytest
from django.utils import timezone

from accounts.models import Account
from activities.models import Activity
from contacts.models import Contact
from crm.tenancy.scope import team_scope
from tests.contacts.profile import HTMX, hidden_of, html_of, part, sign_in, text_of
from tests.factories import AccountFactory, make_contact, make_member


@pytest.fixture
def acme(team, member):
    return AccountFactory(
        name="Acme", domain="acme.example", industry="Robots", owner=member
    )


def url(account, name="", **kwargs):
    key = f"fields/{kwargs['key']}/" if "key" in kwargs else ""
    edit = "edit/" if name == "edit" else ""
    return f"/t/{account.team.slug}/accounts/{account.pk}/{key}{edit}"


def save(client, account, key, value, opened=None):
    if opened is None:
        opened = hidden_of(client.get(url(account, "edit", key=key), headers=HTMX))
    return client.post(
        url(account, "edit", key=key), {**opened, key: value}, headers=HTMX
    )


class TestPage:
    def test_shows_the_phone_as_people_write_it(self, as_member, acme):
        acme.phone = "+12022243441"
        acme.save()

        page = as_member.get(url(acme))

        assert "+1 202-224-3441" in text_of(page)
        assert 'href="tel:+12022243441"' in html_of(page)

    def test_shows_addresses_in_the_letters_of_their_language(self, as_member, acme):
        acme.domain = "xn--bcher-kva.example"
        acme.website = "https://www.xn--bcher-kva.example/about"
        acme.save()

        page = as_member.get(url(acme))

        assert text_of(page).count("bücher.example") >= 2
        assert "bücher.example/about" in text_of(page)
        assert 'href="https://www.xn--bcher-kva.example/about"' in html_of(page)

    def test_shows_the_fields_the_contacts_and_the_log(self, as_member, acme, member):
        ada = make_contact(account=acme, title="Countess")
        make_contact("Eve", "Elsewhere")
        Activity.objects.create(
            contact=ada,
            account=acme,
            kind="call",
            occurred_at=timezone.now(),
            body="We talked",
        )

        page = as_member.get(url(acme))

        text = text_of(page)
        for word in (
            "Acme",
            "Robots",
            "Ada Lovelace",
            "Countess",
            "We talked",
            str(member),
        ):
            assert word in text
        assert "Eve" not in text
        assert f"/contacts/{ada.pk}/" in html_of(page)

    def test_pages_through_its_contacts(self, as_member, acme):
        for number in range(30):
            make_contact(f"Person{number:02}", "", account=acme)

        first = html_of(as_member.get(url(acme)))
        following = re.search(r'href="(\?contacts=[^"]+)" rel="next"', first)[1]
        second = html_of(as_member.get(url(acme) + following))

        names = re.compile(r"Person\d\d(?=</span>)")
        seen = names.findall(first) + names.findall(second)
        assert seen == [f"Person{number:02}" for number in range(30)]

    def test_deleted_contacts_are_not_listed(self, as_member, acme):
        make_contact("Gone", "Person", account=acme, deleted_at=timezone.now())

        assert "No contacts at this account" in text_of(as_member.get(url(acme)))

    def test_another_teams_account_is_not_found(self, as_member, team, other_team):
        with team_scope(other_team.pk):
            theirs = AccountFactory()
        path = url(theirs).replace(other_team.slug, team.slug)

        assert as_member.get(path).status_code == 404

    def test_a_viewer_reads_only(self, acme, viewer):
        client = sign_in(viewer)

        page = html_of(client.get(url(acme)))

        assert "Acme" in page
        assert "/edit/" not in page
        assert (
            client.post(url(acme, "edit", key="name"), {"name": "X"}).status_code == 403
        )


class TestEditing:
    def test_in_place(self, as_member, acme):
        answer = save(as_member, acme, "industry", "Rockets")

        assert "Rockets" in part(html_of(answer), f"a-industry-{acme.pk}")
        now = Account.objects.get()
        assert (now.industry, now.version) == ("Rockets", 2)

    def test_without_scripts_it_leads_back(self, as_member, acme):
        opened = hidden_of(as_member.get(url(acme, "edit", key="industry")))

        answer = as_member.post(
            url(acme, "edit", key="industry"), {**opened, "industry": "Tea"}
        )

        assert answer["Location"] == url(acme)

    def test_a_new_name_is_found_at_its_contacts(self, as_member, acme):
        ada = make_contact(
            account=acme, emails=("ada@x.example",), phones=("+12022243441",)
        )

        save(as_member, acme, "name", "Größe AG")

        now = Contact.objects.get(pk=ada.pk)
        assert now.account_sort == "grosse ag"
        for word in ("grosse ag", "ada@x.example", "12022243441", "ada lovelace"):
            assert word in now.search_text
        assert "acme" not in now.search_text
        assert Account.objects.get().search_text == " grosse ag acme.example"

    @pytest.mark.parametrize(
        ("key", "typed", "message"),
        [
            ("name", "", "This field is required"),
            ("name", "x" * 10_000, "at most 200 characters"),
            ("domain", "not a domain", "Enter a domain"),
            ("website", "javascript:alert(1)", "Enter a web address"),
            ("headcount", "many", "Enter a whole number"),
            ("headcount", "-5", "Enter a whole number"),
            ("stage", "999", "Choose one from the list"),
        ],
    )
    def test_bad_input_stays_with_the_message(
        self, as_member, acme, key, typed, message
    ):
        answer = save(as_member, acme, key, typed)

        assert answer.status_code == 422
        assert message in text_of(answer)
        assert Account.objects.get().version == 1

    def test_a_domain_belongs_to_one_account(self, as_member, acme):
        AccountFactory(name="Hooli", domain="hooli.example")

        answer = save(as_member, acme, "domain", "https://www.Hooli.example/about")

        assert "belongs to the account “Hooli”" in text_of(answer)

    def test_numbers_are_read_with_separators(self, as_member, acme):
        save(as_member, acme, "headcount", "12,500")

        assert Account.objects.get().headcount == 12_500

    def test_the_second_of_two_people_chooses(self, as_member, acme):
        opened = hidden_of(as_member.get(url(acme, "edit", key="industry")))
        save(sign_in(make_member()), acme, "industry", "Rockets")

        answer = save(as_member, acme, "industry", "Tea", opened)

        assert answer.status_code == 422
        assert "Somebody changed this to “Rockets”" in text_of(answer)
        again = save(as_member, acme, "industry", "Tea", hidden_of(answer))
        assert again.status_code == 200
        assert Account.objects.get().industry == "Tea"

    def test_an_unknown_field_is_not_found(self, as_member, acme):
        assert as_member.get(url(acme, "edit", key="version")).status_code == 404
