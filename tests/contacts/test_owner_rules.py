"""Who gives a contact to whom (product.md C12, T2)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from contacts.services import editing, owning
from crm.jobs.models import Job
from crm.jobs.services import run_job
from crm.teams.roles import Role
from tests.contacts.bulk import act, choose, confirm
from tests.contacts.profile import (
    HTMX,
    Visitor,
    form_of,
    hidden_of,
    html_of,
    sign_in,
    text_of,
)
from tests.factories import AccountFactory, make_contact, make_member


@pytest.fixture
def ada(team, member):
    return make_contact(owner=member)


@pytest.fixture
def visitor(as_member, ada):
    return Visitor(as_member, ada)


@pytest.mark.parametrize(("role", "may"), [(Role.REP, False), (Role.MANAGER, True)])
def test_a_rep_takes_no_contact_from_a_colleague(visitor, ada, role, may):
    """T2: or a rep could delete what only its owner and managers may."""
    priya = make_member(name="Priya Raman")
    ada.owner = priya
    ada.save()
    taker = make_member(role)
    client = Visitor(sign_in(taker), ada)

    page = html_of(client.get())
    saved = client.save("owner", {"owner": taker.pk})

    assert ("/fields/owner/edit/" in page) is may
    assert (visitor.now().owner == taker) is may
    assert saved.status_code == (200 if may else 422)
    if not may:
        assert "Only Priya Raman and managers give this contact" in text_of(saved)


def test_a_viewer_is_nobody_s_choice(team, ada, viewer):
    """T2: who may only look looks after nobody."""
    boss = Visitor(sign_in(make_member("manager")), ada)
    colleague = make_member(name="Grace Hopper")

    page = html_of(boss.get("contact_update"))
    refused = boss.save("owner", {"owner": viewer.pk})
    owner = boss.now().owner
    boss.save("owner", {"owner": colleague.pk})

    assert f">{colleague}</option>" in page
    assert f">{viewer}</option>" not in page
    assert refused.status_code == 422
    assert owner == ada.owner
    assert boss.now().owner == colleague


def test_a_rep_takes_over_from_somebody_who_left(visitor, ada, member):
    ada.owner = make_member()
    ada.owner.removed_at = timezone.now()
    ada.owner.save()
    ada.save()

    visitor.save("owner", {"owner": member.pk})

    assert visitor.now().owner == member


class TestTogether:
    """C12: changing one owner offers to change the other when they would differ."""

    @pytest.fixture
    def acme(self, member):
        return AccountFactory(name="Acme Inc.", owner=member)

    @pytest.fixture
    def ann(self, team):
        return make_member(name="Ann Lee")

    @pytest.fixture
    def grace(self, acme, member):
        return make_contact("Grace", "Hopper", account=acme, owner=member)

    @pytest.fixture
    def visitor(self, as_member, ada, acme):
        ada.account = acme
        ada.save()
        return Visitor(as_member, ada)

    def answer(self, visitor, page, also):
        data = {**form_of(page, "owner-question"), "also": also}
        return visitor.client.post(visitor.url("contact_owner"), data)

    def test_asks_in_a_dialog_before_anything_changes(
        self, visitor, ada, ann, grace, member
    ):
        asked = visitor.save("owner", {"owner": ann.pk})

        assert asked["HX-Retarget"] == "#modal"
        text = text_of(asked)
        assert (
            "Also make Ann Lee the owner of Acme Inc. and of its 1 other contact?"
            in text
        )
        assert "Only Ada Lovelace" in text
        assert visitor.now().owner == member

    @pytest.mark.parametrize(
        ("also", "account_too", "others_too"),
        [("", False, False), ("account", True, False), ("contacts", True, True)],
    )
    def test_changes_exactly_who_was_chosen(
        self, visitor, acme, ann, grace, also, account_too, others_too
    ):
        page = visitor.save("owner", {"owner": ann.pk})

        answered = self.answer(visitor, page, also)

        assert answered.status_code == 302
        acme.refresh_from_db()
        grace.refresh_from_db()
        assert visitor.now().owner == ann
        assert (acme.owner == ann) is account_too
        assert (grace.owner == ann) is others_too

    def test_asks_on_a_page_of_its_own_without_scripts(self, visitor, ann, acme):
        page = visitor.save("owner", {"owner": ann.pk}, htmx=False)

        assert "<html" in html_of(page)
        assert "Also make Ann Lee the owner of Acme Inc.?" in text_of(page)

    def test_does_not_ask_where_both_have_that_owner(self, visitor, acme, ann):
        acme.owner = ann
        acme.save()

        saved = visitor.save("owner", {"owner": ann.pk})

        assert "HX-Retarget" not in saved
        assert visitor.now().owner == ann

    def test_offers_nothing_that_the_role_may_not_give_away(
        self, visitor, acme, ann, member
    ):
        acme.owner = make_member(name="Priya Raman")
        acme.save()

        saved = visitor.save("owner", {"owner": ann.pk})

        assert "HX-Retarget" not in saved
        assert visitor.now().owner == ann

    def test_leaves_colleagues_their_contacts(self, visitor, acme, ann, grace):
        """Per row: a rep gives away own, ownerless and former members' contacts."""
        priya, gone = make_member(), make_member()
        gone.removed_at = timezone.now()
        gone.save()
        hers = make_contact("Priyas", account=acme, owner=priya)
        left = make_contact("Left", account=acme, owner=gone)
        nobodys = make_contact("Nobodys", account=acme)

        page = visitor.save("owner", {"owner": ann.pk})
        assert "and of its 3 other contacts" in text_of(page)
        self.answer(visitor, page, "contacts")

        for contact in (hers, left, nobodys, grace):
            contact.refresh_from_db()
        assert hers.owner == priya
        assert {left.owner, nobodys.owner, grace.owner} == {ann}

    def test_a_change_meanwhile_is_told_and_nothing_written(
        self, visitor, acme, ada, ann, grace, member
    ):
        page = visitor.save("owner", {"owner": ann.pk})
        other = make_member(name="Olga")
        editing.set_owner(
            contact_id=ada.pk, owner_id=other.pk, by=member, at=timezone.now()
        )

        answered = self.answer(visitor, page, "contacts")

        acme.refresh_from_db()
        assert answered.status_code in (302, 422)
        assert visitor.now().owner == other
        assert acme.owner == member

    def test_the_dialog_with_all_fields_asks_afterwards(self, visitor, acme, ann):
        saved = visitor.save_dialog({**visitor.open_dialog(), "owner": ann.pk})

        page = visitor.client.get(saved["Location"])
        assert "Also make Ann Lee the owner of Acme Inc.?" in text_of(page)
        assert visitor.now().owner == ann
        data = {**form_of(page, "main"), "also": "account"}
        visitor.client.post(visitor.url("contact_owner"), data)
        acme.refresh_from_db()
        assert acme.owner == ann

    def test_thousands_take_as_many_queries_as_a_few(self, acme, ann, member):
        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                owning.give_contacts_of(
                    account_id=acme.pk, owner_id=ann.pk, by=member, at=timezone.now()
                )
            return len(captured)

        make_contact("One", account=acme, owner=member)
        few = queries()
        for number in range(12):
            make_contact(f"N{number}", account=acme, owner=member)

        assert queries() == few
        assert not Contact.objects.filter(account=acme).exclude(owner=ann).exists()


class TestAccount:
    """C12: the owner of an account follows the same rules."""

    @pytest.fixture
    def acme(self, member):
        return AccountFactory(name="Acme Inc.", owner=member)

    def save(self, client, account, owner):
        path = reverse(
            "accounts:account_field_edit", args=[account.team.slug, account.pk, "owner"]
        )
        opened = hidden_of(client.get(path, headers=HTMX))
        return client.post(path, {**opened, "owner": owner.pk}, headers=HTMX)

    @pytest.mark.parametrize("also", ["", "followers"])
    def test_offers_its_contacts(self, as_member, acme, member, also):
        ann = make_member(name="Ann Lee")
        contacts = [make_contact(f"N{n}", account=acme, owner=member) for n in range(2)]

        asked = self.save(as_member, acme, ann)
        assert "Also make Ann Lee the owner of its 2 contacts?" in text_of(asked)
        path = reverse("accounts:account_owner", args=[acme.team.slug, acme.pk])
        data = {**form_of(asked, "owner-question"), "also": also}
        as_member.post(path, data)

        acme.refresh_from_db()
        assert acme.owner == ann
        owners = {Contact.objects.get(pk=each.pk).owner for each in contacts}
        assert owners == ({ann} if also else {member})

    def test_a_rep_takes_no_account_from_a_colleague(self, as_member, acme, member):
        acme.owner = make_member(name="Priya Raman")
        acme.save()

        refused = self.save(as_member, acme, member)

        acme.refresh_from_db()
        assert refused.status_code == 422
        assert "Only Priya Raman and managers give this account" in text_of(refused)
        assert str(acme.owner) == "Priya Raman"
        page = as_member.get(
            reverse("accounts:account_detail", args=[acme.team.slug, acme.pk])
        )
        assert "fields/owner/edit" not in html_of(page)


class TestFormerMembers:
    """C12: records do not stay with an owner who left."""

    @pytest.fixture
    def priya(self, team):
        return make_member(name="Priya Raman")

    def test_removing_a_member_offers_to_hand_over(self, as_admin, team, priya):
        heir, client = make_member(name="Ann Lee"), as_admin
        contact = make_contact("Grace", owner=priya)
        account = AccountFactory(name="Acme Inc.", owner=priya)

        removed = client.post(
            reverse("teams:member_remove", args=[team.slug, priya.pk])
        )
        page = client.get(removed["Location"])
        assert "Priya Raman left and owns 1 contact and 1 account." in text_of(page)
        client.post(removed["Location"], {"heir": heir.pk})
        run_job(Job.objects.get(kind="hand-over").pk)

        contact.refresh_from_db()
        account.refresh_from_db()
        assert (contact.owner, account.owner) == (heir, heir)
        job = Job.objects.get(kind="hand-over")
        assert (job.status, job.done, job.total) == ("done", 2, 2)

    def test_nothing_is_asked_where_nothing_is_left(self, as_admin, team, priya):
        removed = as_admin.post(
            reverse("teams:member_remove", args=[team.slug, priya.pk])
        )

        assert removed["Location"] == reverse("teams:member_list", args=[team.slug])

    @pytest.mark.parametrize("heir", ["", "x", "0", "former"])
    def test_only_members_get_records(self, team, priya, heir):
        priya.removed_at = timezone.now()
        priya.save()
        make_contact("Grace", owner=priya)
        path = reverse("contacts:member_records", args=[team.slug, priya.pk])

        refused = sign_in(make_member(Role.ADMIN)).post(
            path, {"heir": priya.pk if heir == "former" else heir}
        )

        assert refused.status_code == 422
        assert "Choose one from the list." in text_of(refused)
        assert not Job.objects.exists()


class TestViewers:
    """Nobody owns what they may not edit."""

    @pytest.fixture
    def vera(self, team):
        return make_member(Role.VIEWER, name="Vera Look")

    @pytest.mark.parametrize("path", ["fields/owner/edit/?place=c", "edit/"])
    def test_are_offered_on_no_contact(self, visitor, ada, vera, path):
        page = visitor.client.get(f"{ada.get_absolute_url()}{path}")

        assert page.status_code == 200
        assert "Vera Look" not in html_of(page)

    def test_get_no_contact(self, visitor, ada, member, vera):
        saved = visitor.save("owner", {"owner": vera.pk})

        assert saved.status_code == 422
        assert "Choose one from the list." in text_of(saved)
        assert visitor.now().owner == member

    def test_get_no_contact_by_a_bulk_action(self, as_member, ada, member, vera):
        selection = choose(member, ada)
        url = reverse(
            "contacts:bulk_action",
            args=[member.team.slug, selection.pk, "assign-owner"],
        )

        page = as_member.get(url)
        answer = confirm(as_member, selection, "assign-owner", {"owner": vera.pk})

        assert "Vera Look" not in html_of(page)
        assert answer.status_code == 422
        act(member, "assign-owner", {"owner": str(vera.pk)}, ada)
        ada.refresh_from_db()
        assert ada.owner == member

    def test_get_no_account(self, as_member, member, vera):
        acme = AccountFactory(name="Acme", owner=member)
        form = as_member.get(
            reverse(
                "accounts:account_field_edit", args=[member.team.slug, acme.pk, "owner"]
            )
        )
        answer = as_member.post(
            reverse(
                "accounts:account_field_edit", args=[member.team.slug, acme.pk, "owner"]
            ),
            {**hidden_of(form), "owner": vera.pk},
        )

        assert "Vera Look" not in html_of(form)
        assert answer.status_code == 422

    def test_inherit_nothing(self, as_admin, team, vera):
        former = make_member(name="Priya Raman")
        make_contact(owner=former)
        former.removed_at = timezone.now()
        former.save()
        url = reverse("contacts:member_records", args=[team.slug, former.pk])

        page = as_admin.get(url)
        answer = as_admin.post(url, {"heir": vera.pk})

        assert "Vera Look" not in html_of(page)
        assert answer.status_code == 422
