"""Stage and owner from columns of the file, and what rows say they change (reference.md 98; C12, I2, I3)."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, ContactImport, ContactStage
from contacts.services.importing.writing import Writer
from crm.teams.models import Membership
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from layouts.models import CustomField
from layouts.services.fields import create_custom_field
from tests.contacts.importing import ImportPages, counts, csv_text, reasons
from tests.contacts.profile import sign_in
from tests.factories import AccountFactory, make_contact, make_member

OVERWRITE = ContactImport.Existing.OVERWRITE


@pytest.fixture
def pages(as_admin: Client, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


@pytest.fixture
def bea(team) -> Membership:
    return make_member(Role.REP, name="Bea Berg", email="bea@berg.example")


def stage(name: str) -> ContactStage:
    return ContactStage.objects.get(name=name)


class TestNewContacts:
    def test_the_columns_are_known_by_their_headings(self, pages, bea):
        job = pages.run(
            csv_text(
                "Name,Stage,Contact Owner",
                "Ada,INTERESTED,bea berg",
                "Bob,Replied,Bea@Berg.example",
                "Cy,,",
            )
        )

        assert counts(job) == {"created": 3}
        found = Contact.objects.order_by("pk")
        assert [c.stage.name for c in found] == ["Interested", "Replied", "Cold"]
        assert [c.owner for c in found] == [bea, bea, job.created_by]

    def test_a_stage_that_is_none_is_left_out(self, pages):
        job = pages.run(csv_text("Name,Stage", "Ada,Lukewarm"))

        assert counts(job) == {"created": 1}
        assert job.counts["partial"] == 1
        assert (
            reasons(job)[2] == "Stage: “Lukewarm” is left out. There is no such stage"
        )
        assert Contact.objects.get().stage.is_first

    @pytest.mark.parametrize(
        "change", [{"removed_at": timezone.now()}, {"role": Role.VIEWER}]
    )
    def test_who_cannot_own_any_more_becomes_no_owner(self, pages, bea, change):
        """The choice was made before the import began."""
        upload = pages.check(csv_text("Name", "Ada"), owner=bea.pk)
        Membership.objects.filter(pk=bea.pk).update(**change)

        pages.start(upload)

        assert Contact.objects.get().owner is None

    def test_an_owner_must_be_one_member_who_may_own(self, pages, bea):
        make_member(Role.REP, name="Cy Twin")
        make_member(Role.REP, name="Cy Twin")
        make_member(Role.VIEWER, name="Vi Viewer")
        job = pages.run(
            csv_text("Name,Owner", "Ada,Nobody Known", "Bob,Cy Twin", "Di,Vi Viewer")
        )

        assert reasons(job) == {
            2: "Owner: “Nobody Known” is left out. There is no such member",
            3: "Owner: “Cy Twin” is left out. Several members are called so",
            4: "Vi Viewer cannot be made an owner",
        }
        owners = set(Contact.objects.values_list("owner", flat=True))
        assert owners == {job.created_by_id}

    def test_members_of_other_teams_are_unknown(self, pages, other_team):
        with team_scope(other_team.pk):
            theirs = make_member(Role.REP)
        job = pages.run(csv_text("Name,Owner", f"Ada,{theirs.user.email}"))

        assert reasons(job)[2].endswith("There is no such member")


class TestExistingContacts:
    FILE = csv_text(
        "Name,Email,Stage,Owner", "Ada,a@x.example,Interested,bea@berg.example"
    )

    def test_only_what_is_empty_is_filled(self, pages, bea, admin):
        free = make_contact(emails=("a@x.example",))
        job = pages.run(self.FILE)

        free.refresh_from_db()
        assert (free.owner, free.stage.name) == (bea, "Cold")
        assert reasons(job)[2] == "Owner: Bea Berg"

    def test_an_owner_stays(self, pages, bea, admin):
        taken = make_contact(emails=("a@x.example",), owner=admin)
        pages.run(self.FILE)

        taken.refresh_from_db()
        assert taken.owner == admin

    def test_overwriting_sets_both(self, pages, bea, admin):
        taken = make_contact(emails=("a@x.example",), owner=admin)
        version = taken.version
        job = pages.run(
            self.FILE, existing=OVERWRITE, columns={"Name": "", "Email": "email:work"}
        )

        taken.refresh_from_db()
        assert (taken.owner, taken.stage.name) == (bea, "Interested")
        assert taken.version == version + 1
        assert reasons(job)[2] == (
            f"Stage: Cold → Interested; Owner: {admin} → Bea Berg"
        )

    def test_a_rep_takes_nothing_from_others(
        self, as_member, team, eager_jobs, bea, admin
    ):
        pages = ImportPages(as_member, team, eager_jobs)
        theirs = make_contact(emails=("a@x.example",), owner=admin)
        job = pages.run(self.FILE, existing=OVERWRITE, columns={"Name": ""})

        theirs.refresh_from_db()
        assert (theirs.owner, theirs.stage.name) == (admin, "Interested")
        assert "managers give this contact to somebody else" in reasons(job)[2]
        assert job.counts["partial"] == 1

    def test_who_is_no_manager_any_more_takes_nothing_either(
        self, team, eager_jobs, settings, bea, admin, monkeypatch
    ):
        """T2: also when the role changes while the import runs."""
        settings.IMPORT_CHUNK_ROWS = 1
        manager = make_member(Role.MANAGER)
        pages = ImportPages(sign_in(manager), team, eager_jobs)
        first = make_contact("Ada", emails=("a@x.example",), owner=admin)
        second = make_contact("Bob", emails=("b@x.example",), owner=admin)
        upload = pages.check(
            csv_text("Email,Owner", "a@x.example,bea berg", "b@x.example,bea berg"),
            existing=OVERWRITE,
        )
        write = Writer.write

        def demote(*args: Any, **kwargs: Any) -> None:
            write(*args, **kwargs)
            Membership.objects.filter(pk=manager.pk).update(role=Role.REP)

        monkeypatch.setattr(Writer, "write", demote)
        job = pages.start(upload)

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.owner, second.owner) == (bea, admin)
        assert "managers give this contact to somebody else" in reasons(job)[3]

    def test_undo_brings_both_back(self, pages, bea, admin, as_admin):
        taken = make_contact(emails=("a@x.example",), owner=admin)
        job = pages.run(self.FILE, existing=OVERWRITE, columns={"Name": ""})
        url = reverse("jobs:job_detail", args=[pages.team.slug, job.pk])
        undo = as_admin.get(url).context["undo_url"]
        with pages.run_queued(execute=True):
            as_admin.post(undo)

        taken.refresh_from_db()
        assert (taken.owner, taken.stage.name) == (admin, "Cold")


class TestSaidChanges:
    """I2: the dry run shows what stands there and what would, before anything is written."""

    def test_old_and_new_of_every_kind_of_value(self, pages, admin):
        seats = create_custom_field(
            name="Seats", kind=CustomField.Kind.NUMBER, by=admin
        )
        ada = make_contact(
            emails=("a@x.example",), title="Clerk", account=AccountFactory(name="Old")
        )
        pages.run(csv_text("Email,Seats", "a@x.example,5"))
        upload = pages.check(
            csv_text(
                "Email,Title,Company,Country,Seats,City,Phone",
                "a@x.example,Chair,New,Germany,7,Bonn,030 901820",
            ),
            existing=OVERWRITE,
            columns={"Seats": f"custom:{seats.pk}"},
        )

        assert reasons(upload.check_job)[2] == (
            "Country: Germany; Title: Clerk → Chair; City: Bonn; Account: Old → New;"
            " Seats: 5 → 7; Added: +49 30 901820"
        )
        ada.refresh_from_db()
        assert ada.title == "Clerk"
        page = pages.client.get(pages.url("import_check", upload.pk)).text
        assert "→" not in page
        assert re.search(
            r'Clerk <svg.*?</svg><span class="sr-only">to</span> Chair', page
        )

    def test_a_field_that_is_to_be_created_is_said_too(self, pages):
        make_contact(emails=("a@x.example",))
        job = pages.run(
            csv_text("Email,Favourite", "a@x.example,Tea"),
            columns={"Favourite": "new:text"},
        )

        assert reasons(job)[2] == "Favourite: Tea"

    def test_long_values_leave_room_for_what_is_left_out(self, pages):
        make_contact(emails=("a@x.example",))
        job = pages.run(
            csv_text(
                "Email,Address,Title,Department,City,State,Time Zone",
                f"a@x.example,{'a' * 200},{'b' * 100},{'c' * 70},{'d' * 100},{'e' * 100},Mars",
            )
        )

        reason = reasons(job)[2]
        assert len(reason) <= 300
        assert "…" in reason
        assert "Mars" in reason
