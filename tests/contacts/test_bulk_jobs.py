"""Large selections run in the background, and go on where a killed worker ended (product.md P7)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contacts import bulk_actions
from contacts.models import Contact, ContactStage, Selection
from contacts.services import selections
from contacts.services.bulk import columns, running
from crm.history.models import Change, ChangeSet
from crm.jobs import services as jobs
from crm.jobs.models import Job, JobRow
from crm.teams.models import Membership
from crm.teams.roles import Role
from tests.contacts.bulk import act, choose, outcomes
from tests.factories import make_contact
from tests.jobs.counting import Died

NUMBER, CHUNK = 10, 3


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Chunks of three, and everything above two is large."""
    monkeypatch.setattr(running, "CHUNK", CHUNK)
    monkeypatch.setattr(running, "AT_ONCE", 2)


@pytest.fixture
def stage(team):
    return ContactStage.objects.get(name="Interested")


@pytest.fixture
def job(member, stage):
    for n in range(NUMBER):
        make_contact(f"C{n}", "X")
    selection = selections.freeze_all(
        of=Selection.Of.CONTACTS, state="", confirmed=None, by=member, at=timezone.now()
    )
    return running.take_action(
        action=bulk_actions.get("set-stage"),
        selection=selection,
        values={"stage": stage.pk},
        by=member,
    )


def moved(stage):
    return Contact.objects.filter(stage=stage).count()


class TestInTheBackground:
    def test_waits_for_a_worker_and_then_does_all(self, job, stage):
        assert (job.status, job.total, moved(stage)) == (Job.Status.QUEUED, NUMBER, 0)

        jobs.run_job(job.pk)

        job.refresh_from_db()
        assert (job.status, job.done) == (Job.Status.DONE, NUMBER)
        assert job.counts == {"done": NUMBER}
        numbers = JobRow.objects.order_by("number").values_list("number", flat=True)
        assert list(numbers) == list(range(1, NUMBER + 1))
        assert moved(stage) == NUMBER

    @pytest.mark.parametrize("fatal", [1, 2, 3, 4])
    def test_a_killed_one_goes_on_and_writes_nothing_twice(
        self, job, stage, monkeypatch, fatal
    ):
        action = bulk_actions.get("set-stage")
        calls = []

        def dies(batch, *, by):
            calls.append(batch)
            ended = columns.set_stage(batch, by=by)
            if len(calls) == fatal:
                raise Died
            return ended

        monkeypatch.setitem(bulk_actions._actions, "set-stage", _with_run(action, dies))
        with pytest.raises(Died):
            jobs.run_job(job.pk)
        assert moved(stage) == (fatal - 1) * CHUNK

        monkeypatch.setitem(bulk_actions._actions, "set-stage", action)
        then = timezone.now() - timedelta(hours=1)
        Job.objects.filter(pk=job.pk).update(heartbeat_at=then)
        jobs.release_stalled(at=timezone.now())
        jobs.run_job(job.pk)

        job.refresh_from_db()
        assert job.counts == {"done": NUMBER}
        assert set(Contact.objects.values_list("version", flat=True)) == {2}
        changed = Change.objects.filter(op="U", new__has_key="stage_id")
        assert changed.values("record_id").distinct().count() == NUMBER
        assert changed.count() == NUMBER

    def test_all_of_it_is_one_act(self, job, member):
        jobs.run_job(job.pk)

        acts = ChangeSet.objects.get(kind="bulk.set-stage")
        assert acts.by == member
        changes = Change.objects.filter(change_set=acts, source="contacts_contact")
        assert changes.values("record_id").distinct().count() == NUMBER

    def test_a_member_who_was_removed_does_nothing_more(self, job, member, stage):
        Membership.objects.filter(pk=member.pk).update(removed_at=timezone.now())

        jobs.run_job(job.pk)

        job.refresh_from_db()
        assert job.status == Job.Status.FAILED
        assert "not a member of the team any more" in job.error
        assert moved(stage) == 0

    def test_a_role_that_was_taken_counts_as_well(self, job, member, stage):
        Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)

        jobs.run_job(job.pk)

        job.refresh_from_db()
        assert "may not do this any more" in job.error
        assert moved(stage) == 0

    def test_a_selection_that_is_swept_ends_it(self, job, stage):
        Selection.objects.all().delete()

        jobs.run_job(job.pk)

        job.refresh_from_db()
        assert "Select again" in job.error
        assert moved(stage) == 0


class TestAtOnce:
    def test_a_small_one_is_done_when_the_answer_comes(self, member, stage):
        job = act(
            member, "set-stage", {"stage": stage.pk}, make_contact(), make_contact("B")
        )

        assert job.status == Job.Status.DONE
        assert set(outcomes(job).values()) == {("done", "")}


def _with_run(action, run):
    fields = {name: getattr(action, name) for name in action.__dataclass_fields__}
    return bulk_actions.BulkAction(**{**fields, "run": run})


def test_contacts_that_were_purged_are_skipped(member, stage):
    stays, goes = make_contact("Stays", "X"), make_contact("Goes", "X")
    selection = choose(member, stays, goes)
    Contact.objects.filter(pk=goes.pk).delete()

    job = running.take_action(
        action=bulk_actions.get("set-stage"),
        selection=selection,
        values={"stage": stage.pk},
        by=member,
    )

    assert outcomes(job) == {
        "Stays X": ("done", ""),
        "": ("skipped", "Not there any more."),
    }
