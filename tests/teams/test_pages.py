"""Which pages of sign-in exist, how they look, and what the mails are (product.md T1, Q1, Q4)."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.template.loader import get_template
from django.urls import get_resolver, reverse

from crm.teams.places import country_choices, likely_country, time_zone_choices
from tests.factories import PASSWORD
from tests.teams.conftest import confirm_password, sign_in, totp

OPEN = {
    "account_login": 200,
    "account_signup": 200,
    "account_inactive": 200,
    "account_reset_password": 200,
    "account_reset_password_done": 200,
    "account_reset_password_from_key_done": 200,
    "account_email_verification_sent": 200,
}
OWN = [
    "account_logout",
    "account_email",
    "account_change_password",
    "account_reauthenticate",
    "mfa_index",
    "mfa_activate_totp",
]
GUARDED = [
    "mfa_reauthenticate",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
]
FORMS_ELSEWHERE = ["account_confirm_email", "account_reset_password_from_key"]
NO_PAGE = ["account_set_password", "mfa_download_recovery_codes", "mfa_authenticate"]


def is_ours(page):
    """Our frames load our stylesheet; allauth's own load none."""
    return "app" in page and 'id="main"' in page and "· Rapport</title>" in page


class TestPages:
    def test_are_all_known_here(self):
        names = get_resolver().reverse_dict
        auth = {n for n in names if isinstance(n, str) and n[:3] in ("acc", "mfa")}

        assert auth == {*OPEN, *OWN, *GUARDED, *FORMS_ELSEWHERE, *NO_PAGE}

    @pytest.mark.parametrize("name", OPEN)
    def test_look_like_ours_to_a_visitor(self, client, db, name):
        assert is_ours(client.get(reverse(name)).text)

    @pytest.mark.parametrize("name", OWN)
    def test_look_like_ours_to_the_signed_in(self, client, user, name):
        sign_in(client, user.email)
        confirm_password(client)

        assert is_ours(client.get(reverse(name)).text)

    @pytest.mark.parametrize("name", GUARDED)
    def test_look_like_ours_with_a_second_factor(self, client, guarded, name):
        sign_in(client, guarded.email)
        assert is_ours(client.get(reverse("mfa_authenticate")).text)
        client.post(reverse("mfa_authenticate"), {"code": totp()})
        confirm_password(client)

        assert is_ours(client.get(reverse(name)).text)

    @pytest.mark.parametrize(
        "path",
        [
            "3rdparty/",
            "2fa/webauthn/",
            "2fa/webauthn/login/",
            "2fa/webauthn/signup/",
            "2fa/trust/",
            "login/code/",
            "login/code/confirm/",
            "signup/passkey/",
            "phone/change/",
            "sessions/",
            "social/login/cancelled/",
        ],
    )
    def test_are_not_there_for_what_the_product_does_not_have(self, client, db, path):
        assert client.get(f"/auth/{path}").status_code == 404

    def test_speak_no_json(self, client, user):
        response = client.post(
            reverse("account_login"),
            {"login": user.email, "password": "wrong-password"},
            headers={
                "X-Requested-With": "XMLHttpRequest",
                "Accept": "application/json",
            },
        )

        assert response["Content-Type"].startswith("text/html")

    def test_show_what_too_many_attempts_means(self, client, user):
        sign_in(client, user.email)
        wrong = {
            "oldpassword": "wrong-password",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        for _ in range(5):
            client.post(reverse("account_change_password"), wrong)

        response = client.post(reverse("account_change_password"), wrong)

        assert response.status_code == 429
        assert is_ours(response.text)


class TestMails:
    def test_are_plain_text_and_name_the_product(self, client, user):
        for email in (user.email, "eve@example.test"):
            client.post(reverse("account_reset_password"), {"email": email})
        sign_in(client, user.email)
        confirm_password(client)
        client.post(
            reverse("account_email"), {"email": "ada@new.test", "action_add": ""}
        )

        assert len(mail.outbox) == 3
        for sent in mail.outbox:
            assert not getattr(sent, "alternatives", [])
            assert "Rapport\nhttp://127.0.0.1:8000" in sent.body
            assert "&#" not in sent.body
            assert "example.com" not in sent.body

    @pytest.mark.parametrize(
        "name",
        [
            "account_already_exists",
            "email_changed",
            "email_confirmation",
            "email_confirmation_signup",
            "password_changed",
            "password_reset",
            "password_reset_key",
            "unknown_account",
        ],
    )
    def test_are_written_here(self, name, settings):
        for part in ("subject", "message"):
            template = get_template(f"account/email/{name}_{part}.txt")
            origin = template.origin.name

            assert origin.startswith(str(settings.BASE_DIR / "templates"))


class TestAddress:
    def test_keeps_its_sign_in_while_an_unconfirmed_one_is_changed(
        self, client, user, trusts_addresses
    ):
        EmailAddress.objects.update(verified=False)
        sign_in(client, user.email)
        confirm_password(client)

        client.post(
            reverse("account_email"), {"email": "ada@new.test", "action_add": ""}
        )

        user.refresh_from_db()
        assert user.email == "ada@example.test"
        assert EmailAddress.objects.count() == 2


class TestPlaces:
    def test_have_names(self):
        assert ("DE", "Germany (+49)") in country_choices()
        assert ("Europe/Berlin", "Europe/Berlin") in time_zone_choices()
        assert len(country_choices()) > 200

    @pytest.mark.parametrize(
        ("header", "country"),
        [
            ("de-DE,de;q=0.9,en-US;q=0.8", "DE"),
            ("en, pt-BR;q=0.5", "BR"),
            ("zh-Hant-TW", "TW"),
            ("en", "US"),
            ("", "US"),
            ("*;q=nonsense,,,", "US"),
            ("x" * 10_000, "US"),
            ("en-" + "z" * 300 + ",", "US"),
        ],
    )
    def test_are_guessed_from_the_languages_of_the_browser(self, header, country):
        assert likely_country(header) == country
