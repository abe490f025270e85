"""The All fields tab (product.md C60)."""

import re

import pytest

from layouts.models import CustomField
from tests.contacts.profile import HTMX, Visitor, html_of, text_of
from tests.factories import AccountFactory, make_contact


@pytest.fixture
def visitor(as_member):
    account = AccountFactory(name="Acme", industry="Robots")
    contact = make_contact(title="Countess", emails=("ada@x.example",), account=account)
    return Visitor(as_member, contact)


def labels(response):
    pane = html_of(response)
    pane = pane[pane.index('id="contact-fields"') : pane.index("</main>")]
    return re.findall(r"<dt[^>]*>([^<]+)</dt>", pane)


def test_shows_every_field_by_group(visitor):
    CustomField.objects.create(name="Hobby")

    page = visitor.get("contact_fields")

    for label in (
        "First name",
        "E-mail",
        "Title",
        "Country",
        "Local time",
        "LinkedIn",
        "Stage",
        "Hobby",
    ):
        assert label in labels(page), label
    groups = re.findall(r'<h2 id="group-[^>]*>([^<]+)</h2>', html_of(page))
    assert groups == [
        "Contact",
        "Employment",
        "Location",
        "Social",
        "CRM",
        "Custom fields",
    ]


def test_the_name_of_a_custom_field_is_never_changed(visitor):
    CustomField.objects.create(name="Wikipedia")

    assert "Add Wikipedia" in text_of(visitor.get("contact_fields"))


def test_searches_by_name(visitor):
    assert labels(visitor.get("contact_fields", "find=TIT")) == ["Title"]


def test_says_when_no_field_matches(visitor):
    text = text_of(visitor.get("contact_fields", "find=zzz"))

    assert "No fields match" in text
    assert "Clear search" in text


def test_shows_one_group(visitor):
    found = labels(visitor.get("contact_fields", "group=social"))

    assert found == ["LinkedIn", "X", "Facebook", "GitHub", "Website"]


def test_switches_to_the_company(visitor):
    page = visitor.get("contact_fields", "of=company")

    assert "Industry" in labels(page)
    assert "Robots" in text_of(page)


def test_without_an_account_there_is_no_switch(as_member):
    page = html_of(
        Visitor(as_member, make_contact()).get("contact_fields", "of=company")
    )

    assert "Whose fields" not in page


def test_values_are_edited_in_place_and_the_list_is_not_forgotten(visitor):
    page = html_of(visitor.get("contact_fields", "q=ada"))

    url = visitor.url("contact_field_edit", key="title")
    assert f'hx-get="{url}?place=f&amp;tab=all-fields&amp;q=ada"' in page


def test_htmx_gets_the_fields_alone(visitor):
    headers = {**HTMX, "HX-Target": "contact-fields"}
    answer = html_of(
        visitor.client.get(visitor.url("contact_fields", "find=tit"), headers=headers)
    )

    assert answer.strip().startswith('<div id="contact-fields"')
    assert "record-column" not in answer


@pytest.mark.parametrize(
    "query", ["find=%00", "group=nothing", "of=nobody", "find=" + "x" * 9000]
)
def test_a_query_string_nobody_offers_is_harmless(visitor, query):
    assert visitor.get("contact_fields", query).status_code == 200


PLACE = "place=f&tab=all-fields"


class TestAddresses:
    """C60: e-mail addresses and phone numbers are edited in place here, too."""

    def test_an_address_is_corrected(self, visitor):
        pk = visitor.contact.emails.get().pk
        assert f"/fields/email-{pk}/edit/" in html_of(visitor.get("contact_fields"))

        saved = visitor.save(
            f"email-{pk}", {f"email-{pk}": "ada@y.example"}, query=PLACE
        )

        assert f'id="f-email-{pk}-{visitor.contact.pk}"' in html_of(saved)
        assert visitor.now().primary_email == "ada@y.example"

    def test_the_first_number_is_added(self, visitor):
        saved = visitor.save("phone-new", {"phone-new": "+1 202 224 3441"}, query=PLACE)

        assert "+1 202-224-3441" in text_of(saved)
        assert visitor.now().primary_phone == "+12022243441"

    def test_the_last_one_leaves_an_offer_to_add_one(self, visitor):
        pk = visitor.contact.emails.get().pk

        saved = visitor.save(f"email-{pk}", {f"email-{pk}": ""}, query=PLACE)

        assert f'id="f-email-new-{visitor.contact.pk}"' in html_of(saved)
        assert visitor.now().primary_email == ""

    def test_one_that_is_deleted_in_the_column_goes_here_too(self, visitor):
        pk = visitor.contact.emails.get().pk
        query = "place=c&tab=all-fields"

        saved = visitor.save(f"email-{pk}", {f"email-{pk}": ""}, query=query)

        gone = f'<div id="f-email-{pk}-{visitor.contact.pk}" hx-swap-oob="delete">'
        assert gone in html_of(saved)

    def test_without_htmx_the_tab_follows(self, visitor):
        pk = visitor.contact.emails.get().pk

        saved = visitor.save(
            f"email-{pk}", {f"email-{pk}": "ada@y.example"}, query=PLACE, htmx=False
        )

        assert saved["Location"].split("?")[0] == visitor.url("contact_fields")
