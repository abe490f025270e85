"""Invitations by link (product.md T1; security.md A7, A8, B14)."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from crm.teams.models import Invitation, Membership
from crm.teams.roles import Role
from crm.teams.services import invite_member
from crm.tenancy.scope import team_scope
from tests.factories import UserFactory, make_member

EMAIL = "new@example.test"


def invite(client, team, by, email=EMAIL, role=Role.REP):
    """Invite as the member; return the path of the link on the page."""
    client.force_login(by.user)
    response = client.post(
        reverse("teams:invitation_create", args=[team.slug]),
        {"email": email, "role": role},
    )
    found = re.search(
        r"http://127\.0\.0\.1:8000(/p/invitations/[^\s\"]+)", response.text
    )
    return found[1] if found else response


@pytest.fixture
def link(client, team, admin):
    """The path of an invitation for EMAIL; nobody is signed in any more."""
    path = invite(client, team, admin)
    client.logout()
    return path


@pytest.fixture
def guest(link):
    """Somebody with the invited address and no team."""
    return UserFactory(email=EMAIL)


class TestInviting:
    def test_shows_the_link_once_and_mails_it(self, client, team, admin):
        path = invite(client, team, admin, " New@Example.test ", Role.MANAGER)

        row = Invitation.objects.get()
        assert (row.email, row.role, row.invited_by) == (EMAIL, Role.MANAGER, admin)
        assert row.expires_at - timezone.now() < timedelta(days=7)
        (sent,) = mail.outbox
        assert sent.to == [EMAIL]
        assert f"http://127.0.0.1:8000{path}" in sent.body
        token = path.split("/")[-2]
        listed = client.get(reverse("teams:member_list", args=[team.slug]))
        assert EMAIL in listed.text
        assert token not in listed.text
        assert token not in row.token_hash

    def test_makes_no_link_to_the_host_that_was_asked(self, client, team, admin):
        client.force_login(admin.user)

        client.post(
            reverse("teams:invitation_create", args=[team.slug]),
            {"email": EMAIL, "role": Role.REP},
            headers={"Host": "localhost:666", "X-Forwarded-Host": "evil.example"},
        )

        assert "http://127.0.0.1:8000/p/invitations/" in mail.outbox[0].body
        assert "evil" not in mail.outbox[0].body
        assert "666" not in mail.outbox[0].body.split("/p/")[0]

    @pytest.mark.parametrize(
        ("email", "role"),
        [
            ("new.example.test", Role.REP),
            ("", Role.REP),
            ("n@" + "x" * 300 + ".test", Role.REP),
            ("n\0@example.test", Role.REP),
            ("a@example.test, b@example.test", Role.REP),
            (EMAIL, "king"),
            (EMAIL, Role.OWNER),
        ],
    )
    def test_says_what_is_wrong(self, client, team, admin, email, role):
        response = invite(client, team, admin, email, role)

        assert response.status_code == 422
        assert not Invitation.objects.exists()
        assert mail.outbox == []

    def test_refuses_a_member_and_an_address_with_an_open_invitation(
        self, client, team, admin, member
    ):
        invite(client, team, admin)

        again = invite(client, team, admin, EMAIL.upper())
        known = invite(client, team, admin, member.user.email)

        assert "open invitation" in again.text
        assert "already a member" in known.text
        assert again.status_code == known.status_code == 422
        assert Invitation.objects.count() == 1

    def test_replaces_an_invitation_that_is_too_old(self, client, team, admin):
        invite(client, team, admin)
        Invitation.objects.update(expires_at=timezone.now())

        assert isinstance(invite(client, team, admin), str)

    def test_shows_the_link_when_the_mail_cannot_be_sent(
        self, client, team, admin, settings
    ):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

        assert isinstance(invite(client, team, admin), str)

    def test_says_that_printed_mail_reaches_nobody(self, team, admin, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

        sent = invite_member(email=EMAIL, role=Role.REP, by=admin, at=timezone.now())

        assert sent.is_mailed is False

    def test_is_limited_for_a_person_in_all_teams(
        self, client, team, admin, other_team, monkeypatch
    ):
        """Whoever may make teams must not get a mail relay with each."""
        monkeypatch.setattr("crm.teams.services.INVITATIONS_PER_DAY", 1)
        invite(client, team, admin)
        with team_scope(other_team.pk):
            also_admin = Membership.objects.create(user=admin.user, role=Role.ADMIN)

        response = invite(client, other_team, also_admin, "more@example.test")

        assert response.status_code == 422
        assert "100 invitations were sent in a day." in response.text
        assert len(mail.outbox) == 1

    def test_puts_no_line_of_a_team_name_into_the_head_of_the_mail(
        self, client, team, admin
    ):
        team.name = "Acme\r\nBcc: all@example.test"
        team.save()

        invite(client, team, admin)

        assert "\n" not in mail.outbox[0].subject
        assert mail.outbox[0].recipients() == [EMAIL]

    @pytest.mark.parametrize("role", [Role.MANAGER, Role.REP, Role.VIEWER])
    def test_is_closed_to_who_manages_no_members(self, client, team, role):
        response = invite(client, team, make_member(role))

        assert response.status_code == 403
        assert not Invitation.objects.exists()


class TestRevoking:
    def revoke(self, client, team):
        pk = Invitation.across_teams.get().pk
        return client.post(reverse("teams:invitation_revoke", args=[team.slug, pk]))

    def test_closes_the_link(self, client, team, admin, link, guest):
        client.force_login(admin.user)
        assert self.revoke(client, team).status_code == 302
        client.force_login(guest)

        response = client.post(link)

        assert response.status_code == 410
        assert "withdrawn" in response.text
        assert not Membership.objects.filter(user=guest).exists()

    def test_finds_no_invitation_of_another_team(self, client, team, link, other_team):
        client.force_login(Membership.across_teams.get(team=other_team).user)

        assert self.revoke(client, other_team).status_code == 404
        assert not Invitation.objects.get().revoked_at

    def test_says_that_it_was_accepted_meanwhile(
        self, client, team, admin, link, guest
    ):
        client.force_login(guest)
        client.post(link)
        client.force_login(admin.user)

        assert self.revoke(client, team).status_code == 422
        assert not Invitation.objects.get().revoked_at


class TestAccepting:
    def test_shows_team_role_and_inviter_to_everybody_with_the_link(
        self, client, team, admin, link
    ):
        page = client.get(link)

        assert page.status_code == 200
        assert all(text in page.text for text in ("Acme", "Rep", admin.user.name))
        assert f"{reverse('account_login')}?next=" in page.text
        assert not Invitation.objects.get().accepted_at

    def test_leads_through_sign_up_and_back(self, client, team, link, settings):
        settings.ACCOUNT_EMAIL_VERIFICATION = "none"
        new = {"name": "New", "email": EMAIL, "password1": "nanosecond-wire"}

        response = client.post(f"{reverse('account_signup')}?next={link}", new)
        assert response["Location"] == link
        client.post(link)

        member = Membership.objects.get(user__email=EMAIL)
        assert member.role == Role.REP
        assert client.get(f"/t/{team.slug}/settings/members/").status_code == 200

    def test_sends_the_signed_out_to_sign_in(self, client, link):
        response = client.post(link)

        assert response["Location"] == f"{reverse('account_login')}?next={link}"

    def test_makes_a_member_once(self, client, team, link, guest):
        client.force_login(guest)

        assert client.post(link)["Location"] == f"/t/{team.slug}/"
        assert client.post(link)["Location"] == f"/t/{team.slug}/"

        assert Membership.objects.filter(user=guest).count() == 1

    def test_does_not_bring_back_a_member_by_an_old_link(
        self, client, team, link, guest
    ):
        client.force_login(guest)
        client.post(link)
        Membership.objects.filter(user=guest).update(removed_at=timezone.now())

        response = client.post(link)

        assert response.status_code == 410
        assert Membership.objects.get(user=guest).removed_at

    def test_brings_back_a_removed_member_who_is_invited_again(
        self, client, team, admin, link, guest
    ):
        client.force_login(guest)
        client.post(link)
        member = Membership.objects.get(user=guest)
        Membership.objects.filter(user=guest).update(removed_at=timezone.now())
        again = invite(client, team, admin, role=Role.VIEWER)
        client.force_login(guest)

        client.post(again)

        returned = Membership.objects.get(user=guest)
        assert returned.pk == member.pk
        assert (returned.role, returned.removed_at) == (Role.VIEWER, None)

    def test_is_not_for_another_address(self, client, team, link):
        other = UserFactory(email="eve@example.test")
        client.force_login(other)

        page = client.get(link)
        response = client.post(link)

        assert page.status_code == response.status_code == 200
        assert EMAIL in page.text
        assert "eve@example.test" in page.text
        assert not Membership.objects.filter(user=other).exists()
        assert not Invitation.objects.get().accepted_at

    def test_ends_after_seven_days(self, client, team, link, guest):
        Invitation.objects.update(expires_at=timezone.now())
        client.force_login(guest)

        response = client.post(link)

        assert response.status_code == 410
        assert "7 days" in response.text
        assert not Membership.objects.filter(user=guest).exists()

    @pytest.mark.parametrize("token", ["x", "x" * 5000, "%00", "..", "%F0%9F%94%91"])
    def test_knows_no_other_link(self, client, db, token):
        response = client.get(f"/p/invitations/{token}/")

        assert response.status_code == 404

    def test_gives_the_role_in_no_other_team(self, client, link, guest, other_team):
        client.force_login(guest)

        client.post(link)

        with team_scope(other_team.pk):
            assert not Membership.objects.filter(user=guest).exists()
