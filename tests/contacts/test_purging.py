"""After the bin's time a contact is gone for good, with its bytes (product.md D4; security.md 3.7)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from activities.models import Activity
from contacts import departures, tasks
from contacts.models import Contact, ContactList, DoomedFile, ListEntry, Tombstone
from contacts.queries import ending
from contacts.services import deletion, purging
from contacts.services.importing.running import IMPORT
from crm.history.models import Change
from crm.jobs.models import Job, JobRow
from crm.teams.roles import Role
from crm.tenancy.models import TeamModel
from crm.tenancy.scope import team_scope
from tests.factories import PersonFactory, make_contact, make_member, make_team

LATE = timedelta(days=91)


def deleted(name, *, by, ago=LATE, **fields):
    email = f"{name.lower()}@x.example"
    contact = make_contact(
        name, "Gone", emails=(email,), phones=("+12025550111",), **fields
    )
    hot, _created = ContactList.objects.get_or_create(name="Hot")
    ListEntry.objects.create(list=hot, contact=contact)
    Activity.objects.create(
        contact=contact, kind=Activity.Kind.CALL, occurred_at=timezone.now()
    )
    deletion.delete_contacts(contact_ids=[contact.pk], by=by, at=timezone.now() - ago)
    return contact


@pytest.fixture
def file(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return default_storage.save("t/1/brief.pdf", ContentFile(b"secret"))


@pytest.fixture
def attached(file):
    """Every contact has the file."""
    departures.add(
        departures.Departure(key="files", order=90, files=lambda ids: [file])
    )
    yield file
    departures.remove("files")


class TestPurge:
    def test_leaves_only_the_number(self, admin):
        ada = deleted("Ada", by=admin, person=PersonFactory())

        assert purging.purge_deleted(at=timezone.now()) == 1

        assert not Contact.objects.exists()
        assert not Activity.objects.exists()
        assert not Change.objects.filter(record="contact", record_id=ada.pk).exists()
        stone = Tombstone.objects.get()
        assert (stone.contact_number, stone.why) == (ada.pk, "expired")

    def test_what_has_time_left_and_what_lives_stays(self, admin):
        fresh = deleted("Ada", by=admin, ago=timedelta(days=89))
        saved = make_contact("Bob")

        assert purging.purge_deleted(at=timezone.now()) == 0
        assert set(Contact.objects.all()) == {fresh, saved}

    def test_the_time_is_a_setting(self, settings, admin):
        settings.DELETED_KEPT_DAYS = 5
        deleted("Ada", by=admin, ago=timedelta(days=6))

        assert purging.purge_deleted(at=timezone.now()) == 1

    def test_twice_is_once(self, admin):
        deleted("Ada", by=admin)
        purging.purge_deleted(at=timezone.now())

        assert purging.purge_deleted(at=timezone.now()) == 0
        assert Tombstone.objects.count() == 1

    def test_goes_on_until_nothing_is_left(self, admin, monkeypatch):
        monkeypatch.setattr(purging, "BATCH", 2)
        for n in range(5):
            deleted(f"C{n}", by=admin)

        assert purging.purge_deleted(at=timezone.now()) == 5

    def test_ledgers_of_jobs_forget_the_name(self, admin):
        ada = deleted("Ada", by=admin)
        job = Job.objects.create(
            kind=IMPORT, title="people.csv", heartbeat_at=timezone.now()
        )
        for number, record in ((2, ada.pk), (3, None)):
            JobRow.objects.create(
                job=job,
                number=number,
                outcome="created",
                label="Ada Gone",
                reason="E-mail",
                record_id=record,
            )

        purging.purge_deleted(at=timezone.now())

        rows = JobRow.objects.order_by("number").values_list("label", "reason")
        assert list(rows) == [("", ""), ("Ada Gone", "E-mail")]

    def test_the_page_is_gone(self, as_member, admin):
        ada = deleted("Ada", by=admin)
        purging.purge_deleted(at=timezone.now())

        assert as_member.get(ada.get_absolute_url()).status_code == 404

    def test_touches_no_other_team(self, admin, other_team):
        with team_scope(other_team.pk):
            theirs = deleted("Theirs", by=make_member(Role.ADMIN))
        own = deleted("Own", by=admin)

        tasks.purge_deleted(team_id=own.team_id)

        assert list(Contact.across_teams.all()) == [theirs]
        assert ending.teams_with_contacts_to_purge(at=timezone.now()) == [other_team.pk]

    def test_what_fails_leaves_the_contact_whole(self, admin, attached, monkeypatch):
        ada = deleted("Ada", by=admin)
        monkeypatch.setattr(purging, "doom_files", _die)

        with pytest.raises(Killed):
            purging.purge_deleted(at=timezone.now())

        assert ada.emails.exists()
        assert ada.activities.exists()


class TestEveryModel:
    """What refers to a contact is registered, or the database would refuse the purge."""

    def test_that_belongs_to_contacts_ends_with_them(self):
        owned = {
            (model, name)
            for entry in departures.registered()
            for model, name in (
                *((model, "contact") for model in entry.owns),
                *entry.refers,
            )
        }
        referring = {
            (model, field.name)
            for model in apps.get_models()
            for field in model._meta.get_fields()
            if issubclass(model, TeamModel)
            and field.concrete
            and field.related_model is Contact
        }

        assert referring <= owned


class TestFiles:
    def test_go_after_the_rows(self, admin, attached):
        ada = deleted("Ada", by=admin)

        purging.purge_deleted(at=timezone.now())
        assert default_storage.exists(attached)
        assert ending.teams_with_doomed_files(at=timezone.now()) == [ada.team_id]
        tasks.remove_doomed_files(team_id=ada.team_id)

        assert not default_storage.exists(attached)
        assert not DoomedFile.objects.exists()

    def test_one_that_is_gone_already_counts_as_removed(self, team, file):
        default_storage.delete(file)
        purging.doom_files([file], at=timezone.now())

        assert purging.remove_doomed_files(at=timezone.now()) == 1

    def test_a_worker_that_dies_after_the_bytes_begins_again(
        self, team, file, monkeypatch
    ):
        purging.doom_files([file], at=timezone.now())
        delete = default_storage.delete

        def die_afterwards(key):
            delete(key)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(default_storage._wrapped, "delete", die_afterwards)
            with pytest.raises(KeyboardInterrupt), transaction.atomic():
                purging.remove_doomed_files(at=timezone.now())

        assert DoomedFile.objects.get().attempts == 0
        assert purging.remove_doomed_files(at=timezone.now()) == 1

    def test_a_storage_that_refuses_is_asked_again_later(self, team, file, monkeypatch):
        at = timezone.now()
        purging.doom_files([file], at=at)
        with monkeypatch.context() as patch:
            patch.setattr(default_storage._wrapped, "delete", _refuse)
            assert purging.remove_doomed_files(at=at) == 0

        row = DoomedFile.objects.get()
        assert (row.attempts, row.try_at) == (1, at + timedelta(minutes=1))
        assert purging.remove_doomed_files(at=at + timedelta(minutes=2)) == 1
        assert not default_storage.exists(file)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Real PostgreSQL, each worker on its own connection."""

    @pytest.fixture
    def crowd(self, monkeypatch):
        monkeypatch.setattr(purging, "BATCH", 3)
        team = make_team()
        with team_scope(team.pk):
            admin = make_member(Role.ADMIN)
            yield [deleted(f"C{n}", by=admin) for n in range(20)]

    def test_two_workers_purge_each_contact_once(self, crowd):
        with ThreadPoolExecutor(2) as pool:
            purged = list(pool.map(_purge, [crowd[0].team_id] * 2))

        assert sum(purged) == 20
        assert not Contact.objects.exists()
        assert Tombstone.objects.count() == 20

    def test_one_that_dies_in_the_middle_leaves_the_rest_to_the_next(
        self, crowd, monkeypatch
    ):
        end, calls = departures.end, []

        def die_in_the_third_batch(ids):
            calls.append(ids)
            keys = end(ids)
            if len(calls) == 3:
                raise Killed
            return keys

        with monkeypatch.context() as patch:
            patch.setattr(departures, "end", die_in_the_third_batch)
            with pytest.raises(Killed):
                purging.purge_deleted(at=timezone.now())

        assert Contact.objects.count() == 14
        assert Activity.objects.filter(kind="call").count() == 14
        assert purging.purge_deleted(at=timezone.now()) == 14
        assert Tombstone.objects.count() == 20

    def test_a_contact_that_is_being_restored_is_left_alone(self, crowd):
        ada = crowd[0]
        admin = ada.deleted_by
        with ThreadPoolExecutor(1) as pool, transaction.atomic():
            deletion.restore_contacts(contact_ids=[ada.pk], by=admin, at=timezone.now())
            purged = pool.submit(_purge, ada.team_id).result(timeout=20)

        assert purged == 19
        assert list(Contact.objects.saved()) == [ada]
        assert ada.emails.get().is_live


class Killed(BaseException):
    """Nobody catches it, as nobody catches SIGKILL."""


def _die(*args, **kwargs):
    raise Killed


def _refuse(key):
    raise OSError("The storage is away")


def _purge(team_id):
    try:
        with team_scope(team_id):
            return purging.purge_deleted(at=timezone.now())
    finally:
        connection.close()
