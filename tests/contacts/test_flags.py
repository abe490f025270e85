"""C13: Flag as inaccurate, Unflag, and the review of what is flagged."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from contacts.models import Contact, ContactEmail, ContactFlag
from contacts.services import deletion, editing, flags, owning
from contacts.services.merging.merging import MergePlan, merge_contacts
from contacts.signals import contacts_changed
from crm.history.queries import acts_of
from crm.teams.roles import Role
from tests.contacts.profile import Visitor, form_of, html_of, part, sign_in, text_of
from tests.factories import AccountFactory, make_contact, make_member

NOW = timezone.now


@pytest.fixture
def ada(team, member):
    return make_contact(
        emails=("ada@acme.example", "ada@home.example"),
        phones=("+12022243441",),
        title="VP",
        account=AccountFactory(name="Acme Inc."),
        owner=member,
    )


@pytest.fixture
def visitor(as_member, ada):
    return Visitor(as_member, ada)


@pytest.fixture
def admin(team):
    return make_member(Role.ADMIN, name="Ines Admin")


def email_key(ada, position=0):
    return f"email-{ada.emails.order_by('position')[position].pk}"


def flag(ada, by, suggestions, reason="wrong", text=""):
    return flags.flag_contact(
        contact_id=ada.pk,
        suggestions=suggestions,
        reason=reason,
        text=text,
        by=by,
        at=NOW(),
    )


def post(client, team, name, flag_id):
    return client.post(reverse(f"contacts:{name}", args=[team.slug, flag_id]))


class TestFlagging:
    def test_says_who_when_why_and_what_is_right(self, visitor, ada, member):
        key = email_key(ada)
        answer = visitor.client.post(
            visitor.url("contact_flag"),
            {
                "value": [key, "title"],
                f"right-{key}": "Ada.L@acme.example",
                "reason": "wrong",
                "text": "",
            },
        )

        assert answer.status_code == 302
        page = text_of(visitor.get())
        said = f"Flagged as inaccurate by {member}, today"
        assert page.count(said) == 2
        assert "Wrong value. Should be: ada.l@acme.example" in page
        row = part(html_of(visitor.get()), f"c-{key}-{ada.pk}")
        assert "text-error" in row

    def test_changes_no_data(self, visitor, ada, member):
        before = Contact.objects.filter(pk=ada.pk).values().get()

        flag(ada, member, {"title": "Chair"})

        assert Contact.objects.filter(pk=ada.pk).values().get() == before

    def test_stands_under_changes(self, visitor, ada, member):
        flag(ada, member, {"title": "Chair"}, reason="left")

        page = text_of(visitor.get(query="kind=changes"))

        assert "flagged as inaccurate Title: VP" in page
        assert "Person left the company. Should be: Chair" in page

    def test_other_needs_a_text_and_keeps_what_was_typed(self, visitor):
        refused = visitor.client.post(
            visitor.url("contact_flag"),
            {"value": ["title"], "right-title": "Chair", "reason": "other", "text": ""},
        )

        assert refused.status_code == 422
        assert "Say what is wrong." in text_of(refused)
        assert 'value="Chair"' in html_of(refused)
        assert not ContactFlag.objects.exists()

    @pytest.mark.parametrize(
        ("kind", "typed", "message"),
        [
            ("email", "not an address", "contains spaces"),
            ("phone", "12", "is not a phone number"),
            ("email", "ada@acme.example", "This is the value that you flag."),
        ],
    )
    def test_what_cannot_be_right_is_told_beside_it(
        self, visitor, ada, kind, typed, message
    ):
        key = email_key(ada) if kind == "email" else f"phone-{ada.phones.get().pk}"
        refused = visitor.client.post(
            visitor.url("contact_flag"),
            {"value": [key], f"right-{key}": typed, "reason": "wrong", "text": ""},
        )

        assert refused.status_code == 422
        assert message in text_of(refused)
        assert not ContactFlag.objects.exists()

    def test_chooses_at_least_one_value(self, visitor):
        refused = visitor.client.post(
            visitor.url("contact_flag"), {"reason": "wrong", "text": ""}
        )

        assert refused.status_code == 422
        assert "Choose at least one value." in text_of(refused)

    def test_what_is_missing_is_told_above_the_values(self, visitor):
        """Q3: below all of them nobody would see it."""
        refused = visitor.client.post(
            visitor.url("contact_flag"), {"reason": "wrong", "text": ""}
        )

        page = refused.content.decode()
        told, first = (
            page.index("Choose at least one value."),
            page.index('name="value"'),
        )
        assert told < first
        box = page[first : page.index(">", first)]
        assert 'aria-invalid="true" aria-describedby="flag-values-error"' in box

    def test_the_button_beside_a_value_chooses_it(self, visitor, ada):
        key = email_key(ada)
        page = html_of(visitor.get())
        assert f"/flag/?key={key}" in page

        dialog = visitor.fragment("contact_flag", f"key={key}", target="modal")

        assert form_of(dialog, "flag-form")["value"] == [key]

    def test_two_people_flag_a_value_once(self, visitor, ada, member):
        form = visitor.get("contact_flag")
        assert form.status_code == 200
        flag(ada, member, {"title": ""})

        second = visitor.client.post(
            visitor.url("contact_flag"),
            {"value": ["title"], "reason": "wrong", "text": ""},
        )

        assert second.status_code == 422
        assert ContactFlag.objects.count() == 1

    def test_viewers_read_flags_and_set_none(self, team, ada, member):
        flag(ada, member, {"title": ""})
        viewer = Visitor(sign_in(make_member(Role.VIEWER)), ada)

        page = html_of(viewer.get())

        assert "Flagged as inaccurate by" in page
        assert "/flag/" not in page
        assert viewer.get("contact_flag").status_code == 403


class TestUnflag:
    def test_clears_and_can_be_undone(self, visitor, ada, member):
        (one,) = flag(ada, member, {"title": ""})

        visitor.client.post(visitor.url("contact_unflag", key="title"))

        one.refresh_from_db()
        assert (one.outcome, one.cleared_by) == ("unflagged", member)
        assert "Flagged as inaccurate by" not in text_of(visitor.get())
        post(visitor.client, ada.team, "flag_reopen", one.pk)
        assert "Flagged as inaccurate by" in text_of(visitor.get())

    def test_says_so_where_somebody_was_faster(self, visitor):
        answer = visitor.client.post(visitor.url("contact_unflag", key="title"))

        assert "not flagged any more" in text_of(visitor.client.get(answer["Location"]))


class TestSending:
    """A flagged e-mail is not sent to until unflagged or changed."""

    def sendable(self):
        return set(ContactEmail.objects.sendable().values_list("email", flat=True))

    def test_not_while_it_is_flagged(self, visitor, ada, member):
        flag(ada, member, {email_key(ada): ""})
        assert self.sendable() == {"ada@home.example"}

        visitor.client.post(visitor.url("contact_unflag", key=email_key(ada)))

        assert self.sendable() == {"ada@acme.example", "ada@home.example"}

    def test_again_when_it_is_changed(self, visitor, ada, member):
        key = email_key(ada)
        (one,) = flag(ada, member, {key: ""})

        visitor.save(key, {key: "ada@new.example"})

        one.refresh_from_db()
        assert one.outcome == "changed"
        assert self.sendable() == {"ada@new.example", "ada@home.example"}

    def test_a_door_that_tells_nobody_lifts_it_too(self, ada, member):
        """The flag is on the value, not only on the row."""
        flag(ada, member, {email_key(ada): ""})

        ada.emails.filter(position=0).update(
            email="ada@else.example", email_norm="ada@else.example"
        )

        assert "ada@else.example" in self.sendable()

    def test_nor_to_deleted_contacts_and_bad_addresses(self, ada, member):
        ada.emails.filter(position=1).update(status=ContactEmail.Status.BOUNCED)
        assert self.sendable() == {"ada@acme.example"}

        deletion.delete_contacts(contact_ids=[ada.pk], by=member, at=NOW())

        assert self.sendable() == set()

    def test_the_quick_action_writes_to_another_address(self, visitor, ada, member):
        flag(ada, member, {email_key(ada): ""})

        assert 'href="mailto:ada@home.example" id="quick-mail"' in html_of(
            visitor.get()
        )


class TestChangedByAnyDoor:
    def test_by_hand_and_in_bulk(self, ada, member, team):
        bob = make_contact("Bob", "B", title="Clerk")
        (one,) = flag(ada, member, {"title": ""})
        (other,) = flag(bob, member, {"title": ""})
        Contact.objects.filter(pk__in=[ada.pk, bob.pk]).update(title="Chair")

        contacts_changed.send(
            sender=Contact,
            contact_ids=[ada.pk, bob.pk],
            by=member,
            at=NOW(),
        )

        for each in (one, other):
            each.refresh_from_db()
            assert each.outcome == "changed"

    def test_a_removed_address_takes_its_flag_along(self, visitor, ada, member):
        key = email_key(ada)
        (one,) = flag(ada, member, {key: ""})

        visitor.save(key, {key: "ada@acme.example", "do": "remove"})

        one.refresh_from_db()
        assert one.outcome == "changed"
        assert one.email_id is None

    def test_other_changes_leave_it(self, visitor, ada, member):
        (one,) = flag(ada, member, {"title": ""})

        visitor.save("department", {"department": "Sales"})
        owning.give_contacts(contact_ids=[ada.pk], owner_id=None, by=member, at=NOW())

        one.refresh_from_db()
        assert one.cleared_at is None


class TestReview:
    """Admins see a review queue: accept the suggested value, dismiss."""

    def test_shows_what_waits_and_how_many(self, team, ada, member, admin):
        flag(ada, member, {email_key(ada): "right@acme.example"}, text="Heard it")

        page = sign_in(admin).get(reverse("contacts:flag_list", args=[team.slug]))

        text = text_of(page)
        assert "Flagged values 1" in text
        assert "Suggested: right@acme.example" in text
        assert f"Wrong value: Heard it · {member}" in text

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.REP, Role.MANAGER])
    def test_is_for_admins(self, team, ada, member, role):
        (one,) = flag(ada, member, {"title": "Chair"})
        client = sign_in(make_member(role))

        page = client.get(reverse("contacts:flag_list", args=[team.slug]))

        assert page.status_code == 403
        assert post(client, team, "flag_accept", one.pk).status_code == 403
        ada.refresh_from_db()
        assert ada.title == "VP"

    def test_accepting_writes_the_value(self, team, ada, member, admin):
        key = email_key(ada)
        for one in flag(ada, member, {key: "Right@acme.example", "title": "Chair"}):
            post(sign_in(admin), team, "flag_accept", one.pk)
            one.refresh_from_db()
            assert (one.outcome, one.cleared_by) == ("accepted", admin)

        ada.refresh_from_db()
        assert (ada.title, ada.primary_email) == ("Chair", "right@acme.example")
        [changed, *_flags] = acts_of("contact", ada.pk, size=9)
        assert (changed.kind, changed.by_id) == ("contact.flag-accept", admin.pk)
        assert changed.lines

    @pytest.mark.parametrize("exists", [True, False])
    def test_accepting_an_account_finds_or_makes_it(
        self, team, ada, member, admin, exists
    ):
        known = AccountFactory(name="Hooli") if exists else None
        (one,) = flag(ada, member, {"account": "HOOLI"})

        post(sign_in(admin), team, "flag_accept", one.pk)

        ada.refresh_from_db()
        assert ada.account.name.upper() == "HOOLI"
        assert Account.objects.filter(name__iexact="hooli").count() == 1
        assert known is None or ada.account == known

    def test_accepting_never_overwrites_a_later_change(self, team, ada, member, admin):
        (one,) = flag(ada, member, {"title": "Chair"})
        Contact.objects.filter(pk=ada.pk).update(title="President")

        refused = post(sign_in(admin), team, "flag_accept", one.pk)

        ada.refresh_from_db()
        assert refused.status_code == 422
        assert "changed the value, meanwhile" in text_of(refused)
        assert ada.title == "President"

    def test_a_taken_address_is_refused_with_the_reason(self, team, ada, member, admin):
        make_contact("Bob", "Kahn", emails=("bob@acme.example",))
        (one,) = flag(ada, member, {email_key(ada): "bob@acme.example"})

        refused = post(sign_in(admin), team, "flag_accept", one.pk)

        one.refresh_from_db()
        assert refused.status_code == 422
        assert "bob@acme.example belongs to Bob Kahn." in text_of(refused)
        assert one.cleared_at is None

    def test_dismissing_can_be_undone(self, team, ada, member, admin):
        (one,) = flag(ada, member, {"title": "Chair"})
        client = sign_in(admin)

        post(client, team, "flag_dismiss", one.pk)
        one.refresh_from_db()
        assert one.outcome == "dismissed"
        page = client.get(reverse("contacts:flag_list", args=[team.slug]))
        assert f"settings/flags/{one.pk}/reopen/" in html_of(page)
        assert "Nothing is flagged" in text_of(page)
        post(client, team, "flag_reopen", one.pk)

        one.refresh_from_db()
        assert one.cleared_at is None

    def test_a_dismissed_flag_is_reopened_by_those_who_review(
        self, visitor, ada, member, admin
    ):
        (one,) = flag(ada, member, {"title": "Chair"})
        flags.dismiss_flag(flag_id=one.pk, by=admin, at=NOW())

        address = reverse("contacts:flag_reopen", args=[ada.team.slug, one.pk])
        page = visitor.client.post(address, follow=True)

        one.refresh_from_db()
        assert one.outcome == "dismissed"
        assert "Your role may not decide about flags." in html_of(page)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("reason=left", {"Chair"}),
            ("field=title", {"Chair"}),
            ("field=email", {"right@acme.example"}),
            ("reason=stranger", set()),
            ("reason=nothing&field=nothing", {"Chair", "right@acme.example"}),
        ],
    )
    def test_filters(self, team, ada, member, admin, query, found):
        flag(ada, member, {"title": "Chair"}, reason="left")
        flag(ada, member, {email_key(ada): "right@acme.example"})

        path = reverse("contacts:flag_list", args=[team.slug])
        html = html_of(sign_in(admin).get(f"{path}?{query}"))

        shown = set(re.findall(r'break-all">(Chair|right@acme\.example)</span>', html))
        assert shown == found

    def test_deleted_contacts_wait_in_the_bin(self, team, ada, member, admin):
        flag(ada, member, {"title": "Chair"})
        deletion.delete_contacts(contact_ids=[ada.pk], by=member, at=NOW())

        page = sign_in(admin).get(reverse("contacts:flag_list", args=[team.slug]))

        assert "Nothing is flagged" in text_of(page)

    def test_many_flags_take_as_many_queries_as_one(self, team, ada, member, admin):
        client = sign_in(admin)
        path = reverse("contacts:flag_list", args=[team.slug])
        flag(ada, member, {"title": "Chair", email_key(ada): ""})
        client.get(path)

        def queries() -> int:
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            return len(captured)

        few = queries()
        for number in range(8):
            contact = make_contact(
                f"N{number}", title="X", emails=(f"n{number}@x.example",)
            )
            flag(contact, member, {"title": "Y", email_key(contact): ""})

        assert queries() == few <= 15


def test_settling_asks_little_where_nothing_is_flagged(ada, member):
    with CaptureQueriesContext(connection) as captured:
        flags.settle_flags(contact_ids=[ada.pk], by=member, at=NOW())

    assert len(captured) == 1


def test_stage_changes_leave_flags(ada, member):
    flag(ada, member, {"title": ""})
    stage = ada.stage.__class__.objects.in_order().last()

    editing.set_stage(contact_id=ada.pk, stage_id=stage.pk, by=member, at=NOW())

    assert ContactFlag.objects.open().count() == 1


def test_flags_travel_with_a_merge(ada, member, admin):
    """C14: with the address and with the value that was chosen; what gave way is flagged no more."""
    twin = make_contact("Ada", "L", emails=("twin@acme.example",), title="Clerk")
    key = email_key(twin)
    flag(twin, member, {key: "", "title": ""})
    (own,) = flag(ada, member, {"title": ""})

    plan = MergePlan(
        keep_id=ada.pk,
        absorbed_ids=[twin.pk],
        versions={row.pk: row.version for row in (ada, twin)},
        choices={"title": twin.pk},
    )
    merge_contacts(plan=plan, by=admin, at=NOW())

    own.refresh_from_db()
    assert own.outcome == "changed"
    standing = ContactFlag.objects.open().filter(contact=ada)
    assert set(standing.values_list("key", flat=True)) == {key, "title"}
    assert "twin@acme.example" not in set(
        ContactEmail.objects.sendable().values_list("email", flat=True)
    )
