"""Signing in, its limits, and when it ends (product.md T1; security.md A7, B6, B13, E1, E2, E4)."""

import re

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.urls import reverse

from tests.factories import PASSWORD
from tests.teams.conftest import is_signed_in, link_in_mail, make_user, sign_in, totp

WRONG = "The e-mail address or the password is wrong."
LIMITED = "Too many failed attempts. Try again in an hour."


def unmasked(response):
    """The page without what differs at every request."""
    return re.sub(r'(name="csrfmiddlewaretoken"|X-CSRFToken)[^>]+', "", response.text)


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    algorithm = "counting"
    count = 0

    def encode(self, password, salt):
        type(self).count += 1
        return f"counting${salt}${password[::-1]}"

    def decode(self, encoded):
        algorithm, salt, hash_ = encoded.split("$", 2)
        return {"algorithm": algorithm, "salt": salt, "hash": hash_}


class TestSignIn:
    def test_leads_home(self, client, user):
        response = sign_in(client, "ADA@example.test ")

        assert response["Location"] == reverse("teams:home")
        assert is_signed_in(client)

    def test_returns_to_where_one_wanted_to_go(self, client, user):
        wanted = client.get(reverse("teams:user_settings"))["Location"]

        response = client.post(wanted, {"login": user.email, "password": PASSWORD})

        assert response["Location"] == reverse("teams:user_settings")

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example/",
            "http:evil.example",
            "http:///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
            "http://localhost:9999/",
            "https://testserver@evil.example/",
        ],
    )
    def test_follows_no_link_to_another_site(self, client, user, target):
        response = client.post(
            reverse("account_login"),
            {"login": user.email, "password": PASSWORD, "next": target},
        )

        assert response["Location"] == reverse("teams:home")

    def test_answers_a_wrong_password_and_an_unknown_address_alike(self, client, user):
        known = sign_in(client, user.email, "not-my-password")
        unknown = sign_in(client, "eve@example.test", "not-my-password")

        assert known.status_code == unknown.status_code == 422
        assert WRONG in known.text
        assert 'value="ada@example.test"' in known.text
        assert unmasked(known) == unmasked(unknown).replace("eve@", "ada@")

    def test_costs_an_unknown_address_a_hash_too(self, client, db, settings):
        settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
        user = make_user()

        CountingHasher.count = 0
        sign_in(client, user.email, "not-my-password")
        known = CountingHasher.count
        CountingHasher.count = 0
        sign_in(client, "eve@example.test", "not-my-password")

        assert known == CountingHasher.count == 1

    def test_is_closed_to_who_is_switched_off(self, client, user):
        user.is_active = False
        user.save()

        response = sign_in(client, user.email)

        assert response["Location"] == reverse("account_inactive")
        assert not is_signed_in(client)


class TestLimits:
    """At most 10 failures an hour per address and 30 per network address (security.md E1, E2)."""

    def fail(self, client, email, times, **extra):
        for _ in range(times):
            sign_in(client, email, "not-my-password", **extra)

    @pytest.mark.parametrize("email", ["ada@example.test", "nobody@example.test"])
    def test_hold_for_an_account_from_wherever(self, client, user, email):
        for number in range(10):
            self.fail(client, email, 1, REMOTE_ADDR=f"192.0.2.{number}")

        response = sign_in(client, email.upper(), REMOTE_ADDR="192.0.2.99")

        assert response.status_code == 429
        assert LIMITED in response.text
        assert f'value="{email.upper()}"' in response.text
        assert not is_signed_in(client)

    def test_leave_other_accounts_alone(self, client, user):
        self.fail(client, "eve@example.test", 10)

        assert sign_in(client, user.email).status_code == 302

    def test_hold_for_a_network_address_across_accounts(self, client, user):
        for number in range(30):
            self.fail(client, f"u{number}@example.test", 1, REMOTE_ADDR="192.0.2.7")

        refused = sign_in(client, user.email, REMOTE_ADDR="192.0.2.7")
        elsewhere = sign_in(client, user.email, REMOTE_ADDR="192.0.2.8")

        assert refused.status_code == 429
        assert LIMITED in refused.text
        assert elsewhere.status_code == 302

    @pytest.mark.parametrize("proxies", [0, 1])
    def test_do_not_move_with_a_forged_forwarding_header(
        self, client, user, settings, proxies
    ):
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
        # With a proxy, the last entry is its own; everything before it is the client's.
        last = ", 192.0.2.7" if proxies else ""
        forged = [
            "203.0.113.1",
            "203.0.113.2, 203.0.113.3",
            "::1",
            "[2001:db8::1]:443",
            "127.0.0.1",
            "unknown",
            "' OR 1=1",
            "203.0.113.4:99",
            "",
            ",,,",
        ]
        for number in range(30):
            self.fail(
                client,
                f"u{number}@example.test",
                1,
                REMOTE_ADDR="10.0.0.1" if proxies else "192.0.2.7",
                headers={"X-Forwarded-For": forged[number % 10] + last},
            )

        response = sign_in(
            client,
            user.email,
            REMOTE_ADDR="10.0.0.1" if proxies else "192.0.2.7",
            headers={"X-Forwarded-For": "198.51.100.77" + last},
        )

        assert response.status_code == 429

    def test_do_not_move_with_the_host_header(self, client, user, settings):
        settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
        hosts = ["localhost", "127.0.0.1", "localhost:1", "127.0.0.1:2"]
        for number in range(10):
            self.fail(client, user.email, 1, headers={"Host": hosts[number % 4]})

        response = sign_in(client, user.email, headers={"Host": "localhost:3"})

        assert response.status_code == 429

    def test_are_not_used_up_by_right_passwords(self, client, user):
        for _ in range(35):
            assert sign_in(client, user.email).status_code == 302
            client.post(reverse("account_logout"))

    def test_are_not_lifted_for_others_by_a_right_code(
        self, client, guarded, other_client
    ):
        for number in range(29):
            self.fail(client, f"u{number}@example.test", 1)
        own = other_client()
        sign_in(own, guarded.email)
        own.post(reverse("mfa_authenticate"), {"code": totp()})
        assert is_signed_in(own)
        self.fail(client, "u30@example.test", 1)

        assert sign_in(client, guarded.email).status_code == 429

    def test_are_lifted_for_an_account_by_a_new_password(self, client, user):
        self.fail(client, user.email, 10)
        client.post(reverse("account_reset_password"), {"email": user.email})
        form = client.get(link_in_mail(), follow=True)
        new = {"password1": "a-fresh-password", "password2": "a-fresh-password"}
        client.post(form.request["PATH_INFO"], new)

        assert sign_in(client, user.email, "a-fresh-password").status_code == 302


class TestSession:
    """When a sign-in ends (security.md A7, E4)."""

    def test_ends_when_the_person_is_switched_off(self, client, user):
        sign_in(client, user.email)
        user.is_active = False
        user.save()

        assert not is_signed_in(client)

    def test_ends_elsewhere_when_the_password_changes(self, client, user, other_client):
        elsewhere = other_client()
        for browser in (client, elsewhere):
            sign_in(browser, user.email)
        client.post(
            reverse("account_change_password"),
            {
                "oldpassword": PASSWORD,
                "password1": "a-fresh-password",
                "password2": "a-fresh-password",
            },
        )

        assert is_signed_in(client)
        assert not is_signed_in(elsewhere)

    def test_ends_after_twelve_idle_hours(self, client, user):
        with time_machine.travel("2026-03-02 09:00Z", tick=False) as clock:
            sign_in(client, user.email)
            assert is_signed_in(client)
            clock.shift(11 * 3600)
            assert is_signed_in(client)
            clock.shift(12 * 3600 + 1)

            assert not is_signed_in(client)

    def test_ends_after_seven_days_however_busy(self, client, user):
        with time_machine.travel("2026-03-02 09:00Z", tick=False) as clock:
            sign_in(client, user.email)
            for _ in range(17):
                assert is_signed_in(client)
                clock.shift(10 * 3600 + 1800)

            assert not is_signed_in(client)

    def test_has_a_new_key_after_signing_in(self, client, user):
        client.get(f"{reverse('account_login')}?next=/you/")
        session = client.session
        session["planted"] = "by somebody else"
        session.save()
        before = session.session_key

        sign_in(client, user.email)

        assert client.session.session_key != before


class TestSignOut:
    def test_asks_before_it_acts(self, client, user):
        sign_in(client, user.email)

        response = client.get(reverse("account_logout"))

        assert response.status_code == 200
        assert is_signed_in(client)

    def test_leaves_nothing_in_the_browser(self, client, user):
        sign_in(client, user.email)

        response = client.post(reverse("account_logout"))

        assert response["Location"] == reverse("account_login")
        assert response["Clear-Site-Data"] == '"cache", "storage"'
        assert not is_signed_in(client)

    def test_follows_no_link_to_another_site(self, client, user):
        sign_in(client, user.email)

        response = client.post(
            reverse("account_logout"), {"next": "https://evil.example/"}
        )

        assert response["Location"] == reverse("account_login")

    def test_keeps_no_page_in_a_cache(self, client, user):
        sign_in(client, user.email)

        response = client.get(reverse("teams:user_settings"))

        assert "no-store" in response["Cache-Control"]
