"""Signing up (product.md T1, Q3; security.md A9, B13, E1)."""

from urllib.parse import urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from crm.teams import services
from crm.teams.models import Invitation, User
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.teams.conftest import is_signed_in, link_in_mail

NEW = {
    "name": "Grace Hopper",
    "email": "grace@example.test",
    "password1": "nanosecond-wire",
}


def sign_up(client, query="", **changes):
    return client.post(f"{reverse('account_signup')}{query}", {**NEW, **changes})


@pytest.mark.usefixtures("db", "trusts_addresses")
class TestSignUp:
    def test_leads_to_the_first_team(self, client):
        response = client.post(reverse("account_signup"), NEW, follow=True)

        assert User.objects.get().name == "Grace Hopper"
        assert response.redirect_chain[-1][0] == reverse("teams:team_create")

    @pytest.mark.parametrize(
        ("field", "value", "message"),
        [
            ("email", "grace.example.test", "Enter a valid email address."),
            ("email", "g@" + "x" * 300 + ".test", "Enter a valid email address."),
            ("name", "", "This field is required."),
            ("name", " \n ", "This field is required."),
            ("name", "x" * 10_000, "at most 120 characters"),
            ("password1", "short", "at least 10 characters"),
            ("password1", "grace@example.test", "too similar to the"),
        ],
    )
    def test_says_what_is_wrong_and_keeps_the_rest(self, client, field, value, message):
        response = sign_up(client, **{field: value})

        assert response.status_code == 422
        assert message in response.content.decode()
        kept = "grace@example.test" if field != "email" else "Grace Hopper"
        assert f'value="{kept}"' in response.content.decode()
        assert not User.objects.exists()

    def test_keeps_a_name_in_one_line(self, client):
        sign_up(client, name="Grace\0\r\nBcc: all@example.test")

        assert User.objects.get().name == "Grace Bcc: all@example.test"

    def test_follows_no_link_to_another_site(self, client):
        response = sign_up(client, "?next=https://evil.example/")

        assert response["Location"] == reverse("teams:home")

    def test_is_limited_and_keeps_what_was_typed(self, client):
        for _ in range(20):
            sign_up(client, password1="short")

        response = sign_up(client)

        assert response.status_code == 429
        assert "Too many attempts" in response.content.decode()
        assert 'value="grace@example.test"' in response.content.decode()
        assert not User.objects.exists()

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("Ada\u202egnp.exe", "Adagnp.exe"),  # shown as "Adaexe.png"
            ("\u2066Ada\u2069 \ufeffLovelace", "Ada Lovelace"),
            (
                "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
                "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            ),
        ],
    )
    def test_drops_what_turns_a_name_round(self, client, typed, kept):
        sign_up(client, name=typed)

        assert User.objects.get().name == kept

    def test_takes_no_web_address_for_a_name(self, client):
        """Mails to strangers carry names."""
        response = sign_up(client, name="Win at https://evil.example")

        assert response.status_code == 422
        assert "A name holds no web address." in response.content.decode()


@pytest.fixture
def closed(settings, db):
    settings.SIGN_UP_IS_OPEN = False


@pytest.fixture
def invitation_path(team, admin):
    sent = services.invite_member(
        email=NEW["email"], role=Role.REP, by=admin, at=timezone.now()
    )
    return urlsplit(sent.url).path


@pytest.mark.usefixtures("closed", "trusts_addresses")
class TestClosedSignUp:
    """SIGN_UP=invited: an account needs an invitation, and nobody makes another team."""

    @pytest.mark.parametrize("query", ["", "?next=/p/invitations/made-up/", "?next=/"])
    def test_is_refused_without_an_invitation(self, client, query):
        page = client.get(reverse("account_signup") + query)
        response = sign_up(client, query)

        assert "Sign-up needs an invitation" in page.content.decode()
        assert "Sign-up needs an invitation" in response.content.decode()
        assert not User.objects.exists()

    def test_leads_back_to_the_invitation(self, client, invitation_path):
        response = sign_up(client, f"?next={invitation_path}")

        assert response["Location"] == invitation_path
        assert User.objects.filter(email=NEW["email"]).exists()

    def test_is_for_the_invited_address(self, client, invitation_path):
        response = sign_up(client, f"?next={invitation_path}", email="eve@x.example")

        assert response.status_code == 422
        assert "address that the invitation was sent to" in response.content.decode()

    def test_ends_with_the_invitation(self, client, team, admin, invitation_path):
        with team_scope(team.pk):
            services.revoke_invitation(
                Invitation.objects.get(), by=admin, at=timezone.now()
            )

        sign_up(client, f"?next={invitation_path}")

        assert not User.objects.filter(email=NEW["email"]).exists()

    def test_makes_no_team(self, client, user):
        client.force_login(user)

        assert client.get(reverse("teams:team_create")).status_code == 404
        page = client.get(reverse("teams:home"), follow=True).content.decode()
        assert "Ask a colleague for an invitation." in page
        assert reverse("teams:team_create") not in page


@pytest.mark.usefixtures("db", "confirms_addresses")
class TestConfirmation:
    """An address is usable once its holder confirmed it (security.md A9)."""

    def test_comes_before_the_first_sign_in(self, client):
        response = sign_up(client, f"?next={reverse('teams:user_settings')}")
        assert response["Location"] == reverse("account_email_verification_sent")
        assert not is_signed_in(client)

        response = client.post(link_in_mail())

        assert response["Location"] == reverse("teams:user_settings")
        assert is_signed_in(client)

    def test_is_not_given_by_a_scanner_that_opens_the_link(self, client):
        sign_up(client)

        assert client.get(link_in_mail()).status_code == 200

        assert not EmailAddress.objects.get().verified

    def test_works_once(self, client):
        sign_up(client)
        path = link_in_mail()
        client.post(path)
        client.post(reverse("account_logout"))

        response = client.get(path)

        assert "no longer valid" in response.content.decode()
        assert client.post(path).status_code == 404

    def test_hashes_a_password_for_an_address_that_has_an_account(
        self, client, user, monkeypatch
    ):
        """Hashing takes most of the time of signing up; without it the time would tell."""
        hashed = []
        monkeypatch.setattr("crm.teams.forms.make_password", hashed.append)

        sign_up(client, email=user.email)

        assert hashed == [NEW["password1"]]

    def test_answers_the_same_for_an_address_that_has_an_account(self, client, user):
        response = sign_up(client, email=user.email)

        assert response["Location"] == reverse("account_email_verification_sent")
        assert User.objects.count() == 1
        assert [sent.to for sent in mail.outbox] == [[user.email]]
        assert "already" in mail.outbox[0].body
