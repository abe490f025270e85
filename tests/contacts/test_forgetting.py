"""Forget this person: purged at once, and kept out by hashes (product.md D4)."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from contacts.models import (
    BlockedKey,
    Contact,
    Erasure,
    HeldBack,
    Tombstone,
)
from contacts.services import deletion, erasure_ledger, forgetting, saving
from contacts.services.creating import NewContact, create_contact
from contacts.tasks import remove_old_uploads
from crm.history.models import Change
from crm.jobs.models import JobRow
from crm.jobs.services import run_job
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.contacts.importing import ImportPages, csv_text
from tests.contacts.profile import html_of, sign_in, text_of
from tests.factories import PersonFactory, make_contact, make_member

EMAIL, PHONE = "ada@x.example", "+12025550111"
LINKEDIN = "https://www.linkedin.com/in/ada-lovelace"


@pytest.fixture(autouse=True)
def ledger(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "erasures"


@pytest.fixture
def person():
    return PersonFactory(
        first_name="Ada", last_name="Lovelace", email=EMAIL, linkedin_url=LINKEDIN
    )


@pytest.fixture
def ada(team):
    return make_contact(emails=(EMAIL,), phones=(PHONE,), linkedin_url=LINKEDIN)


@pytest.fixture
def as_admin(admin):
    return sign_in(admin)


def forget(contact, *, by):
    return forgetting.forget_contact(contact_id=contact.pk, by=by, at=timezone.now())


def everything_in_the_database(mark):
    """Return the tables in which a text stands anywhere."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f'SELECT 1 FROM "{table}" t WHERE t::text ILIKE %s LIMIT 1',  # noqa: S608  # names of our own tables
                [f"%{mark}%"],
            )
            found += [table] if cursor.fetchone() else []
    return found


class TestForget:
    def test_nothing_of_the_person_is_left_but_hashes(self, ada, admin):
        assert "contacts_contact" in everything_in_the_database("lovelace")

        erasure = forget(ada, by=admin)

        for mark in ("lovelace", EMAIL, PHONE):
            assert everything_in_the_database(mark) == []
        assert Tombstone.objects.get().why == "forgotten"
        assert erasure.contact_number == ada.pk
        assert BlockedKey.objects.count() == 3
        assert not Change.objects.filter(record="contact").exists()

    def test_works_from_the_bin_and_takes_twins_there_along(self, ada, admin):
        deletion.delete_contacts(contact_ids=[ada.pk], by=admin, at=timezone.now())
        twin = make_contact("Ada", "Twin", emails=(EMAIL,))
        deletion.delete_contacts(contact_ids=[twin.pk], by=admin, at=timezone.now())

        forget(ada, by=admin)

        assert not Contact.objects.exists()

    def test_the_name_must_be_typed(self, as_admin, ada):
        url = f"{ada.get_absolute_url()}forget/"

        page = as_admin.post(url, {"name": "Ada"})
        assert page.status_code == 422
        assert "This is not the name of the contact." in text_of(page)
        assert Contact.objects.exists()

        page = as_admin.post(url, {"name": " ada lovelace"}, follow=True)
        assert "The person was forgotten" in html_of(page)
        assert not Contact.objects.exists()

    def test_is_for_admins(self, ada, as_member, as_admin):
        assert as_member.get(f"{ada.get_absolute_url()}forget/").status_code == 403
        with pytest.raises(deletion.NotAllowed):
            forget(ada, by=make_member(Role.MANAGER))
        assert "Forget this person" in text_of(
            as_admin.get(f"{ada.get_absolute_url()}delete/")
        )

    def test_hashes_differ_from_team_to_team(self, ada, admin, other_team):
        forget(ada, by=admin)
        with team_scope(other_team.pk):
            theirs = make_contact(emails=(EMAIL,))
            forget(theirs, by=make_member(Role.ADMIN))

            assert BlockedKey.objects.get().digest not in set(
                BlockedKey.across_teams.exclude(team=other_team).values_list(
                    "digest", flat=True
                )
            )


class TestComingBack:
    def test_the_person_is_not_net_new(self, as_member, team, ada, admin, person):
        forget(ada, by=admin)

        page = text_of(as_member.get(f"/t/{team.slug}/people/?scope=net-new"))

        assert "Ada Lovelace" not in page
        assert "Net new 0" in page

    def test_saving_from_the_directory_is_refused(self, as_member, team, ada, admin):
        forget(ada, by=admin)
        late = PersonFactory(first_name="A.", email="ADA@x.example")

        page = as_member.post(
            f"/t/{team.slug}/people/save/", {"person": late.pk}, follow=True
        )

        assert "1 asked to be forgotten and was not saved" in html_of(page)
        assert not Contact.objects.exists()
        assert HeldBack.objects.get(person=late).until is None

    def test_others_are_saved(self, ada, admin):
        forget(ada, by=admin)
        bob = PersonFactory(first_name="Bob", email="bob@x.example")

        done = saving.save_people(person_ids=[bob.pk], by=admin, at=timezone.now())

        assert len(done.created) == 1

    def test_adding_by_hand_is_refused(self, as_member, as_admin, team, ada, admin):
        forget(ada, by=admin)
        typed = {"first_name": "Ada", "email": EMAIL, "stage": _stage()}

        page = as_member.post(f"/t/{team.slug}/contacts/new/", typed)
        assert page.status_code == 422
        assert "This person asked to be forgotten." in text_of(page)
        assert "settings/forgotten" not in html_of(page)

        page = as_admin.post(f"/t/{team.slug}/contacts/new/", typed)
        assert f"/t/{team.slug}/settings/forgotten/" in html_of(page)

    def test_a_phone_counts_with_the_name(self, ada, admin):
        """Whoever shares the number of the office is somebody else."""
        forget(ada, by=admin)

        create_contact(
            new=NewContact(first_name="Bob", phone=PHONE), by=admin, at=timezone.now()
        )
        with pytest.raises(Exception, match="asked to be forgotten"):
            create_contact(
                new=NewContact(first_name="Ada", last_name="Lovelace", phone=PHONE),
                by=admin,
                at=timezone.now(),
            )

    def test_the_address_goes_to_no_other_contact(self, as_admin, ada, admin):
        bob = make_contact("Bob")
        forget(ada, by=admin)

        page = as_admin.post(
            f"{bob.get_absolute_url()}fields/email-new/edit/",
            {"email-new": EMAIL, "email-new-kind": "work", "version": bob.version},
        )

        assert page.status_code == 422
        assert "This person asked to be forgotten." in text_of(page)

    @pytest.mark.parametrize(
        ("key", "typed"),
        [
            ("linkedin_url", {"linkedin_url": "https://linkedin.com/in/Ada-Lovelace/"}),
            ("phone-new", {"phone-new": PHONE, "phone-new-kind": "work"}),
        ],
    )
    def test_nor_does_the_profile_or_the_number_with_the_name(
        self, as_member, ada, admin, key, typed
    ):
        again = make_contact("Ada", "Lovelace")
        forget(ada, by=admin)

        page = as_member.post(
            f"{again.get_absolute_url()}fields/{key}/edit/",
            {**typed, "version": again.version},
        )

        assert page.status_code == 422
        assert "This person asked to be forgotten." in text_of(page)
        again.refresh_from_db()
        assert (again.linkedin_url, again.phones.count()) == ("", 0)

    def test_nor_the_name_to_whoever_has_the_number(self, as_member, ada, admin):
        forget(ada, by=admin)
        bob = make_contact("Bob", "Lovelace", phones=(PHONE,))
        address = f"{bob.get_absolute_url()}fields/first_name/edit/"

        refused = as_member.post(address, {"first_name": "Ada", "version": bob.version})
        kept = as_member.post(address, {"first_name": "Rob", "version": bob.version})

        assert refused.status_code == 422
        assert "This person asked to be forgotten." in text_of(refused)
        assert kept.status_code == 302

    def test_somebody_else_may_share_the_number(self, as_member, ada, admin):
        forget(ada, by=admin)
        bob = make_contact("Bob")

        page = as_member.post(
            f"{bob.get_absolute_url()}fields/phone-new/edit/",
            {"phone-new": PHONE, "phone-new-kind": "work", "version": bob.version},
        )

        assert page.status_code == 302

    def test_who_was_saved_from_the_directory_is_known_by_that_too(
        self, as_admin, team, admin
    ):
        """Their addresses here may be others by the time they are forgotten."""
        person = PersonFactory(first_name="Ada", email="old@x.example")
        saving.save_people(person_ids=[person.pk], by=admin, at=timezone.now())
        ada = Contact.objects.get()
        ada.emails.update(email=EMAIL, email_norm=EMAIL)
        forget(ada, by=admin)

        page = as_admin.post(
            f"/t/{team.slug}/people/save/", {"person": person.pk}, follow=True
        )

        assert "1 asked to be forgotten and was not saved" in html_of(page)
        assert not Contact.objects.exists()

    def test_nor_does_the_id_in_another_system(self, as_member, admin, team):
        ada = make_contact(external_id="crm-1")
        bob = make_contact("Bob")
        forget(ada, by=admin)

        page = as_member.post(
            f"{bob.get_absolute_url()}fields/external_id/edit/",
            {"external_id": "crm-1", "version": bob.version},
        )

        assert page.status_code == 422
        assert "This person asked to be forgotten." in text_of(page)

    @pytest.mark.parametrize(
        "known_by", [{"linkedin_url": f"{LINKEDIN}/"}, {"phones": (PHONE,)}]
    )
    def test_twins_in_the_bin_go_along_however_they_are_known(
        self, ada, admin, known_by
    ):
        twin = make_contact(**known_by)
        namesake = make_contact("Bob", "Lovelace", phones=(PHONE,))
        for contact in (twin, namesake):
            deletion.delete_contacts(
                contact_ids=[contact.pk], by=admin, at=timezone.now()
            )

        forget(ada, by=admin)

        assert list(Contact.objects.all()) == [namesake]

    @pytest.mark.parametrize("at_once", [False, True])
    def test_who_is_deleted_afterwards_is_not_restored(
        self, as_admin, team, ada, admin, at_once
    ):
        """A contact that shares the profile is somebody's decision, until it is deleted."""
        twin = make_contact("A.", linkedin_url=LINKEDIN)
        forget(ada, by=admin)
        deletion.delete_contacts(contact_ids=[twin.pk], by=admin, at=timezone.now())

        if at_once:
            url = f"/t/{team.slug}/settings/deleted/restore/"
            page = as_admin.post(url, {"contact": twin.pk})
        else:
            page = as_admin.post(f"{twin.get_absolute_url()}restore/", follow=True)

        assert "This person asked to be forgotten." in html_of(page)
        assert not Contact.objects.saved().exists()


def _stage():
    return make_contact("Some", "Body").stage_id


class TestImport:
    @pytest.fixture
    def pages(self, as_member, team, eager_jobs):
        return ImportPages(as_member, team, eager_jobs)

    @pytest.mark.parametrize(
        "row",
        [
            f"Ada Lovelace,{EMAIL},,",
            f"Somebody,other@x.example,,{LINKEDIN}/",
            f"Ada Lovelace,,{PHONE},",
        ],
    )
    def test_rows_are_refused_and_keep_no_name(self, pages, ada, admin, row):
        forget(ada, by=admin)

        pages.run(csv_text("Name,E-mail,Phone,LinkedIn", row, "Bob B,bob@x.example,,"))

        refused = JobRow.objects.filter(outcome="refused", job__kind="contacts.import")
        assert [(r.label, r.reason[:20]) for r in refused] == [
            ("", "This person asked to")
        ]
        assert Contact.objects.get().name == "Bob B"

    def test_the_id_in_another_system_is_enough(self, pages, admin, team):
        forget(make_contact(external_id="crm-1"), by=admin)

        job = pages.run(csv_text("Name,External ID", "Ada Lovelace,crm-1"))

        assert job.counts == {"refused": 1}
        assert not Contact.objects.exists()

    def test_nothing_is_left_of_an_import_before(self, pages, admin, team, ledger):
        """Neither in its dry run, its samples and its ledger, nor in its file."""
        table = csv_text("First name,Last name,Email", f"Ada,Lovelace,{EMAIL}")
        pages.run(table)
        assert "jobs_jobrow" in everything_in_the_database("lovelace")

        forget(Contact.objects.get(), by=admin)
        remove_old_uploads(team_id=team.pk)

        for mark in ("lovelace", EMAIL):
            assert everything_in_the_database(mark) == []
        files = [path for path in (ledger.parent / "t").rglob("*") if path.is_file()]
        assert not files

    @pytest.mark.parametrize(
        "row", ["Ada Lovelace,{email},", "ADA LOVELACE,,", "A.,{email},crm-2"]
    )
    def test_rows_that_became_no_contact_forget_the_name_too(
        self, pages, ada, admin, row
    ):
        make_contact("Bob", "Byte", external_id="crm-2")
        deletion.delete_contacts(contact_ids=[ada.pk], by=admin, at=timezone.now())
        job = pages.run(
            csv_text(
                "Name,Email,External ID,Title",
                row.format(email=EMAIL) + "," + "x" * 300,
                "Cy,cy@x.example,,",
                f"Dee,{EMAIL},,",
            ),
            binned="skip",
        )

        forget(ada, by=admin)

        for mark in ("lovelace", EMAIL):
            assert everything_in_the_database(mark) == []
        assert JobRow.objects.filter(job=job, label="Cy").exists()

    def test_a_dry_run_is_let_go_when_the_file_is_mapped_anew(self, pages):
        table = csv_text("First name,Last name,Email", f"Ada,Lovelace,{EMAIL}")
        upload = pages.check(table)
        first = upload.check_job
        assert JobRow.objects.filter(job=first).exists()

        pages.post_mapping(upload)

        assert not JobRow.objects.filter(job=first).exists()

    def test_a_dry_run_of_other_settings_goes_no_further(self, pages):
        table = csv_text("First name,Last name,Email", f"Ada,Lovelace,{EMAIL}")
        upload = pages.uploaded(table)
        pages.client.post(
            pages.url("import_mapping", upload.pk), pages.mapping_form(upload)
        )
        upload.refresh_from_db()
        late = upload.check_job
        pages.post_mapping(upload)

        run_job(late.pk)

        late.refresh_from_db()
        assert late.is_failed
        assert not JobRow.objects.filter(job=late).exists()


class TestLifting:
    def test_lets_the_person_in_again(self, as_admin, team, ada, admin, person):
        erasure = forget(ada, by=admin)
        url = f"/t/{team.slug}/settings/forgotten/"
        assert "Former contact" in text_of(as_admin.get(f"{url}?q={EMAIL.upper()}"))
        assert "Nobody was forgotten under this address" in text_of(
            as_admin.get(f"{url}?q=bob@x.example")
        )

        page = as_admin.post(f"{url}{erasure.pk}/lift/", follow=True)

        assert "Block lifted" in text_of(page)
        assert not HeldBack.objects.exists()
        done = saving.save_people(person_ids=[person.pk], by=admin, at=timezone.now())
        assert len(done.created) == 1

    def test_can_be_taken_back(self, as_admin, team, ada, admin, person):
        erasure = forget(ada, by=admin)
        url = f"/t/{team.slug}/settings/forgotten/{erasure.pk}/"
        as_admin.post(f"{url}lift/")
        as_admin.post(f"{url}renew/")

        done = saving.save_people(person_ids=[person.pk], by=admin, at=timezone.now())

        assert done.forgotten == [person.pk]

    def test_is_for_admins(self, as_member, team, ada, admin):
        erasure = forget(ada, by=admin)
        url = f"/t/{team.slug}/settings/forgotten/"

        assert as_member.get(url).status_code == 403
        assert as_member.post(f"{url}{erasure.pk}/lift/").status_code == 403


class TestLedger:
    """security.md 3.7: the list of erasures lies outside the dump and is replayed after a restore."""

    def test_holds_numbers_and_hashes_only(self, ada, admin, ledger):
        erasure = forget(ada, by=admin)

        assert erasure_ledger.write_erasures(at=timezone.now()) == 1
        assert erasure_ledger.write_erasures(at=timezone.now()) == 0

        (file,) = ledger.glob("*/*.json")
        line = file.read_text()
        entry = json.loads(line)
        assert (entry["team"], entry["contact"]) == (ada.team_id, ada.pk)
        assert len(entry["keys"]) == 3
        assert "ada" not in line.lower()
        erasure.refresh_from_db()
        assert erasure.written_at

    def test_a_restored_backup_forgets_again(self, ada, admin, person, capsys):
        forget(ada, by=admin)
        erasure_ledger.write_erasures(at=timezone.now())
        _restore_backup()
        make_contact(id=ada.pk, emails=(EMAIL,), person=person)

        call_command("replay_erasures")
        call_command("replay_erasures")

        lines = capsys.readouterr().out.splitlines()
        assert lines == [
            "entries=1 purged=1 other_teams=0",
            "entries=1 purged=0 other_teams=0",
        ]
        assert not Contact.objects.exists()
        done = saving.save_people(person_ids=[person.pk], by=admin, at=timezone.now())
        assert done.forgotten == [person.pk]

    def test_somebody_else_with_the_number_is_left_alone(self, ada, admin):
        forget(ada, by=admin)
        erasure_ledger.write_erasures(at=timezone.now())
        _restore_backup()
        bob = make_contact("Bob", id=ada.pk, emails=("bob@x.example",))

        call_command("replay_erasures")

        assert list(Contact.objects.all()) == [bob]

    def test_a_lifted_one_stays_lifted(self, ada, admin, person):
        erasure = forget(ada, by=admin)
        erasure_ledger.write_erasures(at=timezone.now())
        forgetting.lift_erasure(erasure_id=erasure.pk, by=admin, at=timezone.now())
        erasure_ledger.write_erasures(at=timezone.now())
        _restore_backup()

        call_command("replay_erasures")

        done = saving.save_people(person_ids=[person.pk], by=admin, at=timezone.now())
        assert len(done.created) == 1

    def test_a_file_of_something_else_is_refused(self, team, ledger):
        (ledger / "1").mkdir(parents=True)
        (ledger / "1" / "notes.txt").write_text("Ada")

        with pytest.raises(CommandError, match=r"notes\.txt is no entry"):
            call_command("replay_erasures")

    def test_without_a_ledger_there_is_nothing_to_do(self, team, capsys):
        call_command("replay_erasures")

        assert "entries=0" in capsys.readouterr().out


def _restore_backup():
    """The database as it was before: it knows nothing of the erasure."""
    for model in (BlockedKey, Erasure, HeldBack, Tombstone):
        model.objects.all().delete()
