"""Tenancy: scoped managers, late binding, stamped rows, and what the database refuses."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Count, Exists, OuterRef
from django.shortcuts import get_object_or_404

from contacts.models import Contact, ContactEmail, ContactList
from crm.teams.models import Membership, Team
from crm.tenancy.models import TeamManager, TeamModel, WrongTeam
from crm.tenancy.scope import NoTeamScope, current_team_id, team_scope
from tests.architecture import catalogue, digest
from tests.architecture.toy_site import late_stream
from tests.architecture.world import OTHER_PHONE, World, team_models
from tests.factories import make_contact

pytestmark = pytest.mark.django_db

MODELS = pytest.mark.parametrize("model", team_models(), ids=lambda m: m._meta.label)
EDGES = list(digest.team_edges())

# Texts that are no person's words, each with what it is.
UNMARKED = {
    "token_hash": "a hash",
    "digest": "a hash",
    "sha256": "a hash",
    "file_key": "the team's number and a random one",
    "kind": "a key of the registry of jobs, or of acts",
    "record": "a key of the registry of records",
    "source": "the name of a table",
    "key": "the key of a field",
    "reason": "a sentence of ours",
    "encoding": "the name of an encoding",
    "delimiter": "one character",
}

TOUCHES: dict[str, Callable[[Any], Any]] = {
    "read": list,
    "first": lambda rows: rows.first(),
    "get": lambda rows: rows.get(pk=1),
    "get_object_or_404": lambda rows: get_object_or_404(rows, pk=1),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.exists(),
    "exclude": lambda rows: rows.exclude(pk=1).exists(),
    "aggregate": lambda rows: rows.aggregate(n=Count("pk")),
    "values": lambda rows: list(rows.values_list("pk", flat=True)),
    "in_bulk": lambda rows: rows.in_bulk([1]),
    "iterator": lambda rows: list(rows.iterator()),
    "union": lambda rows: list(rows.union(rows.all())),
    "update": lambda rows: rows.update(team_id=1),
    "delete": lambda rows: rows.all().delete(),
    "explain": lambda rows: rows.explain(),
}


class TestWithoutAScope:
    """Q5: with no team in scope a team-owned table refuses."""

    @MODELS
    @pytest.mark.parametrize("touch", TOUCHES)
    def test_refuses(self, model: type[TeamModel], touch: str) -> None:
        with pytest.raises(NoTeamScope):
            TOUCHES[touch](model.objects.all())

    @MODELS
    def test_refuses_through_every_manager_but_the_named_one(
        self, model: type[TeamModel]
    ) -> None:
        for manager in model._meta.managers:
            if manager.name == "across_teams":
                continue
            assert isinstance(manager, TeamManager), manager
            with pytest.raises(NoTeamScope):
                manager.exists()

    @MODELS
    def test_refuses_a_lookup_by_class(self, model: type[TeamModel]) -> None:
        with pytest.raises(NoTeamScope):
            get_object_or_404(model, pk=1)

    @MODELS
    def test_refuses_inside_a_subquery(self, model: type[TeamModel]) -> None:
        with pytest.raises(NoTeamScope):
            Team.objects.filter(
                Exists(model.objects.filter(team=OuterRef("pk")))
            ).exists()

    @MODELS
    def test_refuses_to_save(self, model: type[TeamModel]) -> None:
        with pytest.raises(NoTeamScope):
            model().save()

    @MODELS
    def test_refuses_to_create_many(self, model: type[TeamModel]) -> None:
        with pytest.raises(NoTeamScope):
            model.objects.bulk_create([model()])

    def test_refuses_related_rows(self, world: World) -> None:
        for model, f in EDGES:
            accessor = f.remote_field.get_accessor_name()
            if f.remote_field.hidden or accessor is None:
                continue
            row = f.related_model.across_teams.filter(team=world.own.team).first()
            with pytest.raises(NoTeamScope):
                getattr(row, accessor).exists()
            with pytest.raises(NoTeamScope):
                list(f.related_model.across_teams.prefetch_related(accessor))
            assert issubclass(model, TeamModel)

    def test_has_no_current_team(self) -> None:
        with pytest.raises(NoTeamScope):
            current_team_id()


class TestInsideAScope:
    """Q5: inside a team only its rows exist."""

    @MODELS
    def test_sees_only_its_own_rows(self, model: type[TeamModel], world: World) -> None:
        with team_scope(world.own.team.pk):
            seen = set(model.objects.values_list("team_id", flat=True))

        assert seen == {world.own.team.pk}

    @MODELS
    def test_binds_when_the_query_runs(
        self, model: type[TeamModel], world: World
    ) -> None:
        with team_scope(world.own.team.pk):
            rows = model.objects.all()
            others = model.objects.filter(pk__in=model.objects.values("pk"))
        with team_scope(world.other.team.pk):
            seen = {row.team_id for row in [*rows, *others]}

        assert seen == {world.other.team.pk}

    @MODELS
    def test_never_saves_a_row_of_another_team(
        self, model: type[TeamModel], world: World
    ) -> None:
        row = model.across_teams.filter(team=world.other.team).first()
        assert row is not None
        with team_scope(world.own.team.pk):
            with pytest.raises(WrongTeam):
                row.save()
            with pytest.raises(WrongTeam):
                model.objects.bulk_create([row])

    def test_stamps_a_new_row(self, world: World) -> None:
        with team_scope(world.own.team.pk):
            one = ContactList.objects.create(name="One")
            (many,) = ContactList.objects.bulk_create([ContactList(name="Many")])

        assert {one.team_id, many.team_id} == {world.own.team.pk}

    def test_returns_to_the_outer_scope(self, world: World) -> None:
        with team_scope(world.own.team.pk):
            with team_scope(world.other.team.pk):
                assert Contact.objects.exclude(team=world.other.team).count() == 0
            assert current_team_id() == world.own.team.pk

    def test_a_stream_read_after_the_request_breaks(
        self, world: World, rf: Any
    ) -> None:
        request = rf.get("/")
        request.member = Membership.across_teams.filter(team=world.own.team).first()
        with team_scope(world.own.team.pk):
            response = late_stream(request)

        with pytest.raises(NoTeamScope):
            b"".join(response.streaming_content)


class TestDatabase:
    """Q5: the database itself refuses a reference into another team."""

    def test_every_reference_between_team_rows_is_composite(self) -> None:
        assert catalogue.edges_without_composite_key() == []

    def test_every_team_table_can_be_the_target_of_one(self) -> None:
        assert catalogue.tables_without_team_key() == []

    def test_indexes_of_team_tables_start_with_the_team(self) -> None:
        assert catalogue.indexes_without_team() == []

    def test_the_list_of_other_indexes_is_up_to_date(self) -> None:
        assert set(catalogue.TEAMLESS_INDEXES) == set(
            catalogue.teamless_indexes().values()
        )

    @pytest.mark.parametrize(
        ("model", "f"), EDGES, ids=[f"{m._meta.label}.{f.name}" for m, f in EDGES]
    )
    def test_refuses_a_reference_into_another_team(
        self, model: type[TeamModel], f: models.ForeignKey, world: World
    ) -> None:
        row = model.across_teams.filter(team=world.own.team).first()
        target = f.related_model.across_teams.filter(team=world.other.team).first()
        assert row is not None
        assert target is not None
        sql = f'UPDATE "{model._meta.db_table}" SET {f.column} = %s WHERE id = %s;'
        checked = f"{sql} SET CONSTRAINTS ALL IMMEDIATE"
        with (
            connection.cursor() as cursor,
            pytest.raises(IntegrityError),
            transaction.atomic(),
        ):
            cursor.execute(checked, [target.pk, row.pk])

    def test_has_a_row_of_every_model_to_try_this_with(self, world: World) -> None:
        teams = {world.own.team.pk, world.other.team.pk}

        for model in team_models():
            found = set(model.across_teams.values_list("team_id", flat=True))
            assert found >= teams, model

    def test_marks_every_text_of_the_other_team(self, world: World) -> None:
        unmarked = []
        for model in team_models():
            for f in model._meta.concrete_fields:
                if isinstance(f, models.CharField | models.TextField) and not f.choices:
                    texts = model.across_teams.filter(team=world.other.team)
                    values = set(texts.values_list(f.name, flat=True)) - {""}
                    values = set() if f.name in UNMARKED else values
                    marks = (world.canary.lower(), OTHER_PHONE)
                    if values and not any(
                        m in v.lower() for m in marks for v in values
                    ):
                        unmarked.append(f"{model._meta.label}.{f.name}: {values}")

        assert unmarked == []

    def test_deleting_by_query_stays_inside_the_team(self, world: World) -> None:
        with team_scope(world.own.team.pk):
            make_contact("Short", "Lived", emails=("short@own.example",))
            ContactEmail.objects.all().delete()

        assert ContactEmail.across_teams.filter(team=world.other.team).exists()
