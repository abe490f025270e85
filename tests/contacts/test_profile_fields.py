"""The All fields tab (product.md C60)."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.models import ContactFieldValue
from crm.teams.models import Membership
from layouts.models import CustomField
from tests.contacts.profile import HTMX, Visitor, html_of, text_of
from tests.factories import AccountFactory, make_contact
from tests.layouts.test_values import make_field


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


def test_fields_of_a_group_of_the_teams_stand_together(visitor):
    CustomField.objects.create(name="Hobby")
    CustomField.objects.create(name="Budget", group="Money")
    CustomField.objects.create(name="Spent", group="money")

    page = visitor.get("contact_fields")

    groups = re.findall(r'<h2 id="group-[^>]*>([^<]+)</h2>', html_of(page))
    assert groups[-2:] == ["Custom fields", "Money"]
    assert labels(page)[-3:] == ["Hobby", "Budget", "Spent"]


@pytest.mark.parametrize("kind", CustomField.Kind)
@pytest.mark.parametrize("of", ["contact", "account"])
def test_each_kind_is_edited_in_place_with_its_own_control(visitor, of, kind):
    """C60, C61: also with the fields of the company."""
    options = ("Gold", "Tin") if "picklist" in kind else ()
    field = make_field(kind, *options, record=of, currency="EUR")
    key, is_company = f"custom-{field.pk}", of == "account"
    sent, shown, control = _typed(kind, key, field)
    url = (
        _account_url(visitor, key)
        if is_company
        else visitor.url("contact_field_edit", key=key)
    )

    editor = visitor.client.get(url, headers=HTMX)
    originals = dict(
        re.findall(r'name="(original-[^"]+)" value="([^"]*)"', html_of(editor))
    )
    saved = visitor.client.post(
        url, {**sent, **originals, "version": "1"}, headers=HTMX
    )

    assert control in html_of(editor)
    assert saved.status_code == 200
    page = visitor.get("contact_fields", "of=company" if is_company else "")
    assert shown in text_of(page)


def _account_url(visitor, key):
    account = visitor.contact.account
    return reverse(
        "accounts:account_field_edit", args=[account.team.slug, account.pk, key]
    )


def _typed(kind, key, field):
    """What a browser sends, what people see then, and a mark of the control."""
    first = field.options.in_order().first()
    by = Membership.objects.first()
    return {
        "text": ({key: "Blue"}, "Blue", 'type="text"'),
        "long_text": ({key: "a\nb"}, "a b", "<textarea"),
        "number": ({key: "12.5"}, "12.5", 'inputmode="decimal"'),
        "currency": (
            {f"{key}_0": "1,200.50", f"{key}_1": "CHF"},
            "1,200.50 CHF",
            'value="EUR" selected',
        ),
        "date": ({key: "2026-11-23"}, "23 Nov 2026", 'type="date"'),
        "moment": (
            {key: "2026-11-23T14:30"},
            "23 Nov 2026, 14:30",
            'type="datetime-local"',
        ),
        "checkbox": ({key: "on"}, "Yes", 'type="checkbox"'),
        "picklist": ({key: first and first.pk}, "Gold", "<select"),
        "multi_picklist": ({key: [first and first.pk]}, "Gold", 'type="checkbox"'),
        "url": ({key: "example.com/x"}, "example.com/x", 'inputmode="url"'),
        "email": ({key: "A@x.example"}, "a@x.example", 'inputmode="email"'),
        "phone": ({key: "202 555 0133"}, "+1 202-555-0133", 'inputmode="tel"'),
        "member": ({key: by.pk}, str(by), "<select"),
    }[kind]


def test_a_box_that_nobody_ticked_is_no_answer(visitor):
    field = make_field("checkbox")
    key = f"custom-{field.pk}"
    url = visitor.url("contact_field_edit", key=key)

    def save(data, was):
        return visitor.client.post(
            url, {**data, f"original-{key}": was, "version": "1"}, headers=HTMX
        )

    save({}, "")
    assert not ContactFieldValue.objects.exists()
    save({key: "on"}, "")
    save({}, "true")
    assert ContactFieldValue.objects.get().number_value == 0


def test_200_fields_slow_no_page_that_does_not_show_them(visitor):
    """The profile, the list and the account ask the same with 200 fields as with none."""
    urls = [
        visitor.url("contact_detail"),
        reverse("contacts:people_list", args=[visitor.contact.team.slug]),
    ]

    def asked():
        counts = []
        for url in urls:
            visitor.client.get(url)
            with CaptureQueriesContext(connection) as queries:
                visitor.client.get(url)
            counts.append(len(queries))
        return counts

    before = asked()
    for number in range(200):
        kind = list(CustomField.Kind)[number % 13]
        make_field(kind, record="contact" if number % 2 else "account")

    assert asked() == before
    with CaptureQueriesContext(connection) as queries:
        visitor.get("contact_fields")
    assert len(queries) <= 15
