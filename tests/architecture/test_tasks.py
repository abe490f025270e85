"""Every Celery task runs inside a team, takes named ids, and has a queue of ours."""

import inspect
import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.contrib.django.task import DjangoTask

from crm.celery import BEAT_SCHEDULE, TASK_ROUTES, Queue, app
from crm.tenancy.scope import NoTeamScope, current_team_id
from crm.tenancy.tasks import TeamTask

# Tasks that look at all teams: they only select ids and fan out team tasks. With the reason.
SWEEPS = {
    "crm.jobs.tasks.resume_stalled_jobs": "finds jobs whose worker died, of whatever team",
    "contacts.tasks.sweep_old_uploads": "finds files that no team needs any more",
    "contacts.tasks.sweep_expired_selections": "finds selections nobody needs any more",
    "contacts.tasks.sweep_expired_exports": "finds files whose time is over",
    "contacts.tasks.sweep_deleted": "finds teams with contacts to purge, and files",
    "contacts.tasks.sweep_duplicates": "every team may have contacts twice",
    "contacts.tasks.sweep_holdbacks": "finds teams with deletions whose time is over",
}


def own_tasks() -> list[Any]:
    app.loader.import_default_modules()
    app.finalize()
    return [
        task
        for name, task in sorted(app.tasks.items())
        if not name.startswith("celery.")
    ]


def wrong_with(task: Any) -> Iterator[str]:
    """Yield what a task does that none may."""
    parameters = inspect.signature(task.run).parameters.values()
    if any(p.kind is not p.KEYWORD_ONLY for p in parameters):
        yield f"{task.name} takes arguments by position"
    if task.name in SWEEPS:
        return
    if not isinstance(task, TeamTask):
        yield f"{task.name} is no TeamTask"
    if "team_id" not in {p.name for p in parameters}:
        yield f"{task.name} does not take team_id"
    hints = {p.annotation for p in parameters}
    if not hints <= {int, str, bool, "int", "str", "bool"}:
        yield f"{task.name} takes more than ids: {hints}"


def queue_of(task_name: str) -> str:
    routed = app.amqp.router.route({}, task_name)
    queue = routed.get("queue")
    return getattr(queue, "name", "") or ""


@pytest.fixture
def scratch() -> Celery:
    return Celery("scratch", set_as_current=False, task_cls=DjangoTask)


class TestTasks:
    def test_break_no_rule(self) -> None:
        assert [wrong for task in own_tasks() for wrong in wrong_with(task)] == []

    def test_a_task_by_position_is_found(self, scratch: Celery) -> None:
        @scratch.task(base=TeamTask, name="bad.positional", shared=False)
        def positional(team_id: int) -> None: ...

        assert list(wrong_with(positional)) == [
            "bad.positional takes arguments by position"
        ]

    def test_a_task_outside_a_team_is_found(self, scratch: Celery) -> None:
        @scratch.task(name="bad.plain", shared=False)
        def plain(*, contact_id: int) -> None: ...

        assert list(wrong_with(plain)) == [
            "bad.plain is no TeamTask",
            "bad.plain does not take team_id",
        ]

    def test_a_task_that_takes_rows_is_found(self, scratch: Celery) -> None:
        @scratch.task(base=TeamTask, name="bad.rows", shared=False)
        def rows(*, team_id: int, contact: object) -> None: ...

        assert len(list(wrong_with(rows))) == 1

    def test_each_is_routed_by_its_module_to_a_queue_of_ours(self) -> None:
        for task in own_tasks():
            module = task.name.rpartition(".")[0]
            assert f"{module}.*" in TASK_ROUTES, task.name
            assert queue_of(task.name) in set(Queue), task.name

    def test_every_route_leads_somewhere(self) -> None:
        modules = {task.name.rpartition(".")[0] for task in own_tasks()}

        assert {route.removesuffix(".*") for route in TASK_ROUTES} <= modules

    def test_the_clock_only_starts_listed_sweeps(self) -> None:
        started = {entry["task"] for entry in BEAT_SCHEDULE.values()}

        assert started <= set(SWEEPS)
        assert set(SWEEPS) <= {task.name for task in own_tasks()}

    def test_messages_are_json(self) -> None:
        assert app.conf.accept_content == ["json"]
        assert app.conf.task_serializer == "json"


class TestTeamTask:
    def test_runs_inside_its_team(self, scratch: Celery) -> None:
        @scratch.task(base=TeamTask, name="good.task", shared=False)
        def good(*, team_id: int) -> int:
            return current_team_id()

        assert good(team_id=7) == 7
        assert json.loads(json.dumps(good.apply(kwargs={"team_id": 8}).get())) == 8

    def test_leaves_no_scope_behind(self, scratch: Celery) -> None:
        @scratch.task(base=TeamTask, name="good.scoped", shared=False)
        def good(*, team_id: int) -> None: ...

        good(team_id=7)

        with pytest.raises(NoTeamScope):
            current_team_id()

    def test_refuses_to_run_without_a_team(self, scratch: Celery) -> None:
        @scratch.task(base=TeamTask, name="good.homeless", shared=False)
        def homeless(*, team_id: int) -> None: ...

        with pytest.raises(KeyError):
            homeless()
