"""The base class of every task that works on a team's rows."""

from typing import Any

from celery.contrib.django.task import DjangoTask

from crm.tenancy.scope import team_scope


class TeamTask(DjangoTask):
    """A task that runs inside one team. Its function takes a keyword-only `team_id`."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with team_scope(kwargs["team_id"]):
            return super().__call__(*args, **kwargs)
