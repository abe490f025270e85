"""Password and e-mail address: forgotten, changed, confirmed (T1; security.md A9, B14, E1)."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse

from crm.teams.models import User
from tests.factories import PASSWORD, UserFactory
from tests.teams.conftest import (
    confirm_password,
    is_signed_in,
    link_in_mail,
    make_user,
    sign_in,
)

NEW = "a-fresh-password"


class TestPasswordReset:
    def ask(self, client, email, **extra):
        return client.post(reverse("account_reset_password"), {"email": email}, **extra)

    def test_gives_a_new_password_once(self, client, user):
        self.ask(client, user.email)
        path = link_in_mail()
        form = client.get(path, follow=True)
        new = {"password1": NEW, "password2": NEW}

        response = client.post(form.request["PATH_INFO"], new)

        assert response["Location"] == reverse("account_reset_password_from_key_done")
        assert not is_signed_in(client)
        assert sign_in(client, user.email, NEW).status_code == 302
        client.post(reverse("account_logout"))
        assert "no longer valid" in client.get(path).text

    def test_says_what_is_wrong_with_the_new_password(self, client, user):
        self.ask(client, user.email)
        form = client.get(link_in_mail(), follow=True)

        response = client.post(
            form.request["PATH_INFO"], {"password1": NEW, "password2": "different"}
        )

        assert response.status_code == 422
        assert "same password" in response.text

    def test_answers_the_same_for_an_unknown_address(self, client, user):
        known = self.ask(client, user.email)
        unknown = self.ask(client, "eve@example.test")

        assert known["Location"] == unknown["Location"]
        assert [sent.to[0] for sent in mail.outbox] == [user.email, "eve@example.test"]
        assert "/password/reset/key/" not in mail.outbox[1].body

    def test_is_limited_per_address_and_keeps_it(self, client, user):
        for _ in range(5):
            self.ask(client, user.email)

        response = self.ask(client, user.email)

        assert response.status_code == 429
        assert f'value="{user.email}"' in response.text
        assert len(mail.outbox) == 5

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "evil.example"},
            {"Host": "localhost:8000@evil.example"},
            {"Host": "localhost:666"},
            {"Host": "127.0.0.1"},
            {"X-Forwarded-Host": "evil.example"},
            {"Host": "localhost", "X-Forwarded-Host": "evil.example"},
            {"Forwarded": "host=evil.example"},
            {"X-Forwarded-Server": "evil.example"},
            {"X-Host": "evil.example"},
            {"X-Forwarded-Proto": "https", "X-Forwarded-Port": "666"},
        ],
    )
    def test_mails_links_to_this_site_whatever_host_was_asked(
        self, client, user, settings, headers
    ):
        settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
        client.raise_request_exception = False

        response = self.ask(client, user.email, headers=headers)

        if response.status_code == 400:
            assert mail.outbox == []
        else:
            assert link_in_mail().startswith("/auth/password/reset/key/")
            assert "evil" not in mail.outbox[0].body
            assert "666" not in mail.outbox[0].body.split("/auth/")[0]

    def test_survives_a_mail_server_that_does_not_answer(self, client, user, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

        response = client.post(
            reverse("account_reset_password"), {"email": user.email}, follow=True
        )

        assert response.status_code == 200
        assert "could not be sent" in response.text


class TestPasswordChange:
    def change(self, client, **changes):
        return client.post(
            reverse("account_change_password"),
            {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW, **changes},
        )

    def test_takes_effect_and_is_reported_by_mail(self, client, user):
        sign_in(client, user.email)

        assert self.change(client).status_code == 302

        user.refresh_from_db()
        assert user.check_password(NEW)
        assert mail.outbox[-1].to == [user.email]
        assert "password" in mail.outbox[-1].subject.lower()

    def test_needs_the_current_password(self, client, user):
        sign_in(client, user.email)

        response = self.change(client, oldpassword="a-wild-guess")

        assert response.status_code == 422
        assert "not your current password" in response.text
        user.refresh_from_db()
        assert user.check_password(PASSWORD)


class TestEmailChange:
    def change(self, client, email):
        return client.post(reverse("account_email"), {"email": email, "action_add": ""})

    def test_needs_the_password_again(self, client, user):
        sign_in(client, user.email)

        response = self.change(client, "ada@new.test")

        assert response["Location"].startswith(reverse("account_reauthenticate"))
        assert EmailAddress.objects.count() == 1

    def test_takes_effect_when_the_new_address_is_confirmed(self, client, user):
        sign_in(client, user.email)
        confirm_password(client)
        self.change(client, "Ada@New.test")
        user.refresh_from_db()
        assert user.email == "ada@example.test"

        client.post(link_in_mail())

        user.refresh_from_db()
        assert user.email == "ada@new.test"
        assert EmailAddress.objects.get().email == "ada@new.test"
        assert [sent.to[0] for sent in mail.outbox] == [
            "ada@new.test",
            "ada@example.test",
        ]

    @pytest.mark.parametrize("is_verified", [True, False])
    def test_does_not_take_the_address_of_somebody_else(
        self, client, user, is_verified
    ):
        if is_verified:
            make_user(email="bob@example.test")
        else:
            UserFactory(email="bob@example.test")
        sign_in(client, user.email)
        confirm_password(client)
        self.change(client, "bob@example.test")

        client.post(link_in_mail(), follow=True)

        user.refresh_from_db()
        assert user.email == "ada@example.test"
        assert User.objects.filter(email="bob@example.test").count() == 1

    def test_says_what_is_wrong_with_the_new_address(self, client, user):
        sign_in(client, user.email)
        confirm_password(client)

        response = self.change(client, "ada-at-new")

        assert response.status_code == 422
        assert 'value="ada-at-new"' in response.text

    def test_refuses_the_address_one_has(self, client, user):
        sign_in(client, user.email)
        confirm_password(client)

        response = self.change(client, user.email)

        assert response.status_code == 422
        assert "your address already" in response.text
