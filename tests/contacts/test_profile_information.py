"""Contact information: addresses, links, local time (product.md C4)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from contacts.models import ContactEmail, ContactPhone
from contacts.queries.local_time import local_time, zone_of_country, zone_of_phone
from tests.contacts.profile import Visitor, html_of, part, text_of
from tests.factories import make_contact

NOON = datetime(2026, 6, 15, 12, tzinfo=ZoneInfo("UTC"))


def information(client, contact):
    return Visitor(client, contact).fragment(
        "contact_widget", key="contact-information"
    )


class TestEmails:
    def test_come_in_their_order_with_their_type(self, as_member):
        contact = make_contact(emails=("ada@work.example", "ada@home.example"))
        contact.emails.filter(email="ada@home.example").update(kind="personal")

        text = text_of(information(as_member, contact))

        assert text.index("E-mail ada@work.example") < text.index(
            "Personal e-mail ada@home.example"
        )

    def test_say_their_status_since_when_and_from_whom(self, as_member):
        contact = make_contact(emails=("ada@x.example",))
        contact.emails.update(
            status=ContactEmail.Status.BOUNCED,
            status_at=timezone.now() - timedelta(days=900),
            status_source="Mail server",
        )

        answer = information(as_member, contact)

        day = timezone.localtime(timezone.now() - timedelta(days=900))
        assert f"Bounced, {day:%-d %b %Y}, Mail server" in text_of(answer)
        assert "text-error" in html_of(answer)

    def test_can_be_written_to(self, as_member):
        contact = make_contact(emails=("ada@x.example",))

        assert 'href="mailto:ada@x.example"' in html_of(information(as_member, contact))

    def test_without_one_it_can_be_added(self, as_member):
        assert "Add e-mail" in text_of(information(as_member, make_contact()))


class TestPhones:
    def test_are_shown_in_international_format_and_can_be_called(self, as_member):
        contact = make_contact(phones=("+46701740612",))
        contact.phones.update(kind=ContactPhone.Kind.MOBILE, extension="12")

        answer = information(as_member, contact)

        assert "Mobile +46 70 174 06 12 ext. 12" in text_of(answer)
        assert 'href="tel:+46701740612;ext=12"' in html_of(answer)

    def test_what_is_no_number_is_shown_as_it_is(self, as_member):
        contact = make_contact(phones=("call reception",))

        assert "call reception" in text_of(information(as_member, contact))


class TestLinks:
    def test_lead_out_safely(self, as_member):
        contact = make_contact(linkedin_url="https://www.linkedin.com/in/ada")

        html = part(
            html_of(information(as_member, contact)), f"c-linkedin_url-{contact.pk}"
        )

        assert (
            'href="https://www.linkedin.com/in/ada" target="_blank" rel="noopener'
            in html
        )
        assert ">in/ada</a>" in html

    @pytest.mark.parametrize(
        "url", ["javascript:alert(1)", "data:text/html,x", "  javascript:x"]
    )
    def test_a_stored_script_is_text(self, as_member, url):
        contact = make_contact(website=url, linkedin_url=url)

        html = html_of(information(as_member, contact))

        assert f'href="{url}' not in html
        assert url.strip() in html

    def test_text_is_escaped(self, as_member):
        contact = make_contact(
            first_name="<script>alert(1)</script>", city='"><img src=x>'
        )

        html = html_of(Visitor(as_member, contact).get())

        assert "<script>alert" not in html
        assert "<img src=x>" not in html


class TestLocalTime:
    """The zone set by hand, else the only zone of a phone, else the only zone of the country."""

    @pytest.mark.parametrize(
        ("time_zone", "phones", "country", "zone"),
        [
            ("Asia/Tokyo", ["+46701740612"], "FI", "Asia/Tokyo"),
            ("", ["+46701740612"], "FI", "Europe/Stockholm"),
            ("", ["+12022243441"], "", "America/New_York"),
            ("", [], "FI", "Europe/Helsinki"),
            ("", ["+18005551234", "+46701740612"], "", "Europe/Stockholm"),
            ("Mars/Olympus", [], "FI", "Europe/Helsinki"),
            ("../../etc/passwd", [], "FI", "Europe/Helsinki"),
        ],
    )
    def test_is_told_by(self, time_zone, phones, country, zone):
        found = local_time(time_zone=time_zone, phones=phones, country=country, at=NOON)

        assert found.zone == zone
        assert found.clock == f"{NOON.astimezone(ZoneInfo(zone)):%H:%M}"
        assert found.is_guess == (time_zone != zone)

    @pytest.mark.parametrize(
        ("phones", "country"),
        [([], ""), ([], "US"), (["+18005551234"], "US"), (["abc"], "XX")],
    )
    def test_is_unknown_where_several_zones_are_possible(self, phones, country):
        assert local_time(time_zone="", phones=phones, country=country, at=NOON) is None

    def test_names_no_zone_for_a_number_without_place(self):
        assert zone_of_phone("+80012345678") == ""
        assert zone_of_country("") == ""

    def test_is_shown_ticking_with_its_zone(self, as_member):
        contact = make_contact(time_zone="Europe/Stockholm")

        answer = information(as_member, contact)

        assert "in Stockholm (Europe/Stockholm)" in text_of(answer)
        assert 'data-clock="Europe/Stockholm"' in html_of(answer)

    def test_is_marked_where_nobody_set_the_zone(self, as_member):
        guess = "≈ Estimated from the phone number or the country:"
        known = make_contact(country="FI", time_zone="Europe/Stockholm")
        guessed = make_contact(country="FI")

        assert "≈" not in text_of(information(as_member, known))
        assert f"{guess} " in text_of(information(as_member, guessed))
        identity = Visitor(as_member, guessed).fragment("contact_identity")
        assert f"{guess} " in text_of(identity)

    def test_says_when_it_is_unknown(self, as_member):
        assert "Local time unknown" in text_of(
            information(as_member, make_contact(country="US"))
        )
