"""The base of every team-owned model: scoped when its SQL is compiled, stamped when it is saved."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from crm.tenancy.scope import current_team_id


class WrongTeam(RuntimeError):
    """A row of another team would have been written."""


class CurrentTeamId(models.Expression):
    """The team in scope, read when SQL is compiled rather than when a query is built.

    Late binding is what lets a form class mention a team-owned model at import time.
    """

    output_field = models.BigIntegerField()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[int]]:
        # GIN indexes that start with the team only know bigint = bigint.
        return "%s::bigint", [current_team_id()]


class TeamQuerySet(models.QuerySet):
    """Rows of the team in scope."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Insert many rows after stamping each with the team in scope."""
        objs = list(objs)
        for row in objs:
            row.claim_for_team()
        return super().bulk_create(objs, *args, **kwargs)


class TeamManager(models.Manager.from_queryset(TeamQuerySet)):
    """The default manager: adds `WHERE team_id = <team in scope>` to every query."""

    def get_queryset(self) -> Any:
        return super().get_queryset().filter(team_id=CurrentTeamId())


class TeamForeignKey(models.ForeignKey):
    """A foreign key between two team-owned tables.

    Its database constraint is the composite one that `AddTeamForeignKey` adds: (team_id, x_id) must
    exist together, so a row can never point into another team. A second, single-column constraint
    would only repeat the check, so it is left out.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(*args, **kwargs)


class TeamModel(models.Model):
    """A row that belongs to exactly one team and can only be reached inside it."""

    team = models.ForeignKey(
        "teams.Team", models.CASCADE, editable=False, related_name="+", db_index=False
    )

    objects = TeamManager()
    across_teams = models.Manager()  # noqa: DJ012  # a manager is meant

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.claim_for_team()
        super().save(*args, **kwargs)

    def claim_for_team(self) -> None:
        """Stamp the team in scope on a new row; refuse to write another team's row."""
        team_id = current_team_id()
        if self.team_id is None:
            self.team_id = team_id
        elif self.team_id != team_id:
            raise WrongTeam(
                f"{self._meta.label} {self.pk} belongs to team {self.team_id}, not {team_id}."
            )
