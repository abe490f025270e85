"""Two-factor authentication with an authenticator app (product.md T1; security.md E3)."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.urls import reverse

from tests.teams.conftest import (
    SECRET,
    confirm_password,
    is_signed_in,
    link_in_mail,
    sign_in,
    totp,
)


def enter(client, code):
    return client.post(reverse("mfa_authenticate"), {"code": code})


class TestEnrolment:
    def test_needs_the_password_again(self, client, user):
        sign_in(client, user.email)

        response = client.get(reverse("mfa_activate_totp"))

        assert response["Location"].startswith(reverse("account_reauthenticate"))

    def test_takes_a_real_code_and_shows_recovery_codes(
        self, client, user, django_capture_on_commit_callbacks
    ):
        sign_in(client, user.email)
        confirm_password(client)
        page = client.get(reverse("mfa_activate_totp"))
        secret = re.search(r"[A-Z2-7]{32}", page.text)[0]

        with django_capture_on_commit_callbacks(execute=True):
            response = client.post(
                reverse("mfa_activate_totp"), {"code": totp(secret)}, follow=True
            )

        assert response.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
        assert len(re.findall(r"\b\d{8}\b", response.text)) >= 10
        assert "data:image/svg+xml" in page.text
        assert mail.outbox[-1].to == [user.email]

    def test_refuses_a_wrong_code(self, client, user):
        sign_in(client, user.email)
        confirm_password(client)
        client.get(reverse("mfa_activate_totp"))

        response = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

        assert response.status_code == 422
        assert "code is wrong" in response.text
        assert not Authenticator.objects.exists()

    def test_keeps_its_secrets_encrypted(self, guarded):
        kept = [str(row.data) for row in Authenticator.objects.all()]

        assert not any(SECRET in data for data in kept)
        assert all("gAAAA" in data for data in kept)

    def test_ends_with_the_password(self, client, guarded):
        sign_in(client, guarded.email)
        enter(client, totp())
        confirm_password(client)

        client.post(reverse("mfa_deactivate_totp"))

        assert not Authenticator.objects.exists()


class TestSignIn:
    def test_asks_for_the_code(self, client, guarded):
        response = sign_in(client, guarded.email)

        assert response["Location"] == reverse("mfa_authenticate")
        assert enter(client, totp())["Location"] == reverse("teams:home")
        assert is_signed_in(client)

    def test_allows_for_a_clock_that_is_half_a_minute_off(self, client, guarded):
        sign_in(client, guarded.email)
        enter(client, totp(steps=-1))

        assert is_signed_in(client)

    @pytest.mark.parametrize("code", ["000000", "", "12345", "x" * 10_000, "١٢٣٤٥٦"])
    def test_refuses_any_other_code(self, client, guarded, code):
        sign_in(client, guarded.email)

        assert enter(client, code).status_code == 422
        assert not is_signed_in(client)

    def test_opens_no_page_before_the_code(self, client, guarded):
        sign_in(client, guarded.email)

        for name in ("teams:home", "teams:user_settings", "mfa_index", "account_email"):
            response = client.get(reverse(name))
            assert response.status_code == 302, name
            assert response["Location"].startswith("/auth/"), name

    def test_takes_no_code_twice(self, client, guarded, other_client):
        code = totp()
        sign_in(client, guarded.email)
        enter(client, code)
        thief = other_client()
        sign_in(thief, guarded.email)

        assert enter(thief, code).status_code == 422
        assert not is_signed_in(thief)

    def test_takes_a_recovery_code_once(self, client, guarded, other_client):
        recovery = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
        code = recovery.wrap().get_unused_codes()[0]
        sign_in(client, guarded.email)
        enter(client, code)
        assert is_signed_in(client)
        thief = other_client()
        sign_in(thief, guarded.email)

        assert enter(thief, code).status_code == 422
        assert not is_signed_in(thief)

    def test_is_limited(self, client, guarded):
        sign_in(client, guarded.email)
        for _ in range(10):
            enter(client, "000000")

        response = enter(client, totp())

        assert response.status_code == 429
        assert not is_signed_in(client)

    def test_is_not_skipped_by_a_password_reset(self, client, guarded):
        client.post(reverse("account_reset_password"), {"email": guarded.email})
        form = client.get(link_in_mail(), follow=True)
        new = {"password1": "a-fresh-password", "password2": "a-fresh-password"}
        client.post(form.request["PATH_INFO"], new)
        assert not is_signed_in(client)

        response = sign_in(client, guarded.email, "a-fresh-password")

        assert response["Location"] == reverse("mfa_authenticate")
        assert not is_signed_in(client)


class TestRecoveryCodes:
    def test_are_renewed_and_end_the_old_ones(self, client, guarded):
        recovery = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
        old = set(recovery.wrap().get_unused_codes())
        sign_in(client, guarded.email)
        enter(client, totp())
        confirm_password(client)

        client.post(reverse("mfa_generate_recovery_codes"))

        page = client.get(reverse("mfa_view_recovery_codes")).text
        shown = set(re.findall(r"\b\d{8}\b", page))
        assert len(shown) >= 10
        assert not shown & old

    def test_can_be_downloaded(self, client, guarded):
        sign_in(client, guarded.email)
        enter(client, totp())
        confirm_password(client)

        response = client.get(reverse("mfa_download_recovery_codes"))

        assert response["Content-Type"].startswith("text/plain")
        assert len(re.findall(r"\b\d{8}\b", response.text)) == 10
