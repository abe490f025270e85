"""E-mail addresses and phone numbers in their stored form (product.md I3; issue "bad input")."""

import contextlib

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import addresses
from crm.addresses import (
    BadEmail,
    BadPhone,
    normalize_email,
    parse_phone,
)
from crm.phones import format_phone


class TestNormalizeEmail:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            (" Ada@Example.com ", "ada@example.com"),
            ("o'neil+crm@mail.example.co.uk", "o'neil+crm@mail.example.co.uk"),
            ("Jürgen@Müller.de", "jürgen@müller.de"),
        ],
    )
    def test_trims_and_lowers(self, typed, stored):
        assert normalize_email(typed) == stored

    @pytest.mark.parametrize(
        ("typed", "says"),
        [
            ("ada", "no @"),
            ("", "no @"),
            ("ada b@example.com", "spaces"),
            ("ada\x00@example.com", "control characters"),
            (f"ada@{'x' * 300}.com", "longer than 254"),
            ("ada@localhost", "not an e-mail address"),
            ("a@b@example.com", "not an e-mail address"),
            ("@example.com", "not an e-mail address"),
            ("ada@-example.com", "not an e-mail address"),
            ("ada@example..com", "not an e-mail address"),
        ],
    )
    def test_says_what_is_wrong(self, typed, says):
        with pytest.raises(BadEmail, match=says):
            normalize_email(typed)

    @given(st.text())
    def test_never_fails_in_another_way(self, text):
        with contextlib.suppress(BadEmail):
            assert "@" in normalize_email(text)


class TestParsePhone:
    @pytest.mark.parametrize(
        ("typed", "country", "number", "extension"),
        [
            ("(202) 224-3441", "US", "+12022243441", ""),
            ("1-202-224-3441 ext. 12", "US", "+12022243441", "12"),
            ("+44 (0)20 7946 0958", "US", "+442079460958", ""),
            ("030 123456", "DE", "+4930123456", ""),
            ("0049 30 123456", "DE", "+4930123456", ""),
            ("06 6982 1234", "IT", "+390669821234", ""),
            ("8 912 345 67 89", "RU", "+79123456789", ""),
            ("+54 9 11 2345-6789", "US", "+5491123456789", ""),
        ],
    )
    def test_reads_numbers_as_people_write_them(
        self, typed, country, number, extension
    ):
        assert parse_phone(typed, country=country) == (number, extension)

    @pytest.mark.parametrize(
        "typed",
        ["12345", "+999 1234567", "000", "0000000000", "", "call me", "2" * 300],
    )
    def test_refuses_what_is_a_number_in_no_country(self, typed):
        with pytest.raises(BadPhone, match="is not a phone number in any country"):
            parse_phone(typed, country="US")

    @given(
        country=st.sampled_from(
            ["US", "GB", "DE", "IT", "AR", "MX", "BR", "JP", "RU", "FR", "SG", "HU"]
        ),
        prefix=st.sampled_from(["", "0", "1", "+", "00", "+0"]),
        digits=st.from_regex(r"[0-9]{6,12}", fullmatch=True),
    )
    def test_the_fast_path_agrees_with_the_parser(self, country, prefix, digits):
        fast = addresses._usual_number(prefix + digits, country)
        if fast:
            number = phonenumbers.parse(prefix + digits, country)
            assert fast == phonenumbers.format_number(
                number, phonenumbers.PhoneNumberFormat.E164
            )


class TestFormatPhone:
    def test_writes_international_numbers(self):
        assert format_phone("+12022243441") == "+1 202-224-3441"

    def test_leaves_anything_else_as_it_is(self):
        assert format_phone("by pigeon") == "by pigeon"
