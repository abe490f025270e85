"""The walk itself on trial: each missing defence must be reported, and sound views must not be."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from crm.teams import middleware, roles
from crm.teams.middleware import TeamMiddleware
from crm.teams.models import Membership
from crm.teams.roles import Role
from crm.tenancy.models import TeamManager
from crm.tenancy.scope import enter_team
from tests.architecture import catalogue, toy_site
from tests.architecture.browser import undone
from tests.architecture.harness import Harness
from tests.architecture.world import World

pytestmark = pytest.mark.django_db

Patch = Callable[[pytest.MonkeyPatch], None]
SEEDED = {
    f"toys:{view.__name__}": oracle
    for views in (toy_site.BAD, toy_site.BAD_SITE)
    for view, (_route, _sample, oracle) in views.items()
}
SOUND = [
    f"toys:{view.__name__}"
    for views in (toy_site.GOOD, toy_site.GOOD_SITE)
    for view in views
]


@pytest.fixture(autouse=True)
def toys(settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.architecture.toy_site"


# Where a kind of finding comes from, when not from the matrix.
SOURCES = {
    "csrf": "forgery",
    "cache": "warm_cache",
    "filter": "filters",
    "foreign id": "foreign_ids",
    "crossing": "foreign_ids",
    "forbidden key": "forbidden_keys",
    "interference": "interference",
}


def reports(oracle: str, world: World, name: str) -> bool:
    """Return whether the walk of the URL has a finding of this kind."""
    harness = Harness(world, toy_site.SAMPLES)
    source = SOURCES.get(oracle)
    found = getattr(harness.survey(name), source)() if source else harness.walk(name)
    return any(finding.oracle == oracle for finding in found)


@pytest.mark.parametrize("name", SOUND)
def test_reports_nothing_about_a_sound_view(name: str, world: World) -> None:
    found = Harness(world, toy_site.SAMPLES).walk(name)

    assert [str(finding) for finding in found] == []


@pytest.mark.parametrize("name", sorted(SEEDED))
def test_reports_a_seeded_mistake(name: str, world: World) -> None:
    assert reports(SEEDED[name], world, name)


# Defences of the platform, each taken away


def unscoped_manager(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        TeamManager, "get_queryset", super(TeamManager, TeamManager).get_queryset
    )


def permission_never_asked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Membership, "can", lambda self, permission: True)


def permission_always_refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Membership, "can", lambda self, permission: False)


def viewer_may_edit(patch: pytest.MonkeyPatch) -> None:
    wider = {**roles.PERMISSIONS, Role.VIEWER: roles.PERMISSIONS[Role.REP]}
    patch.setattr("crm.teams.models.PERMISSIONS", wider)


def _door(choose: Callable[..., Any]) -> Callable[..., Any]:
    """A team middleware that lets in whoever `choose(user, slug)` returns a membership for."""

    def process_view(self: Any, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        slug = kwargs.pop("team_slug", None)
        if slug is None:
            return None
        if not request.user.is_authenticated:
            return middleware.redirect_to_login(request.get_full_path())
        members = Membership.across_teams.select_related("team").filter(team__slug=slug)
        member = choose(members, request.user)
        if member is None:
            raise middleware.Http404
        member.user = request.user
        request.member, request.team = member, member.team
        enter_team(member.team_id)
        return None

    return process_view


def anybody_signed_in(patch: pytest.MonkeyPatch) -> None:
    door = _door(lambda members, user: members.filter(removed_at=None).first())
    patch.setattr(TeamMiddleware, "process_view", door)


def removed_members_enter(patch: pytest.MonkeyPatch) -> None:
    door = _door(lambda members, user: members.filter(user=user).first())
    patch.setattr(TeamMiddleware, "process_view", door)


def superusers_enter(patch: pytest.MonkeyPatch) -> None:
    def choose(members: Any, user: Any) -> Any:
        members = members.filter(removed_at=None)
        return (members if user.is_superuser else members.filter(user=user)).first()

    patch.setattr(TeamMiddleware, "process_view", _door(choose))


def inactive_users_enter(patch: pytest.MonkeyPatch) -> None:
    backend = "crm.teams.backends.MembershipBackend"
    patch.setattr(f"{backend}.user_can_authenticate", lambda self, user: True)


def scope_outlives_nothing(patch: pytest.MonkeyPatch) -> None:
    """The middleware never enters the team: every page of it must break, not show everything."""
    patch.setattr(middleware, "enter_team", lambda team_id: None)


def strangers_are_forbidden(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(middleware, "Http404", middleware.ImproperlyConfigured)


DEFENCES: list[tuple[Patch, str, str]] = [
    (unscoped_manager, "toys:contact_detail", "canary"),
    (unscoped_manager, "toys:contact_list", "canary"),
    (unscoped_manager, "toys:list_delete", "state"),
    (permission_never_asked, "toys:list_delete", "status"),
    (permission_always_refused, "toys:contact_list", "status"),
    (viewer_may_edit, "toys:list_create", "status"),
    (anybody_signed_in, "toys:contact_list", "canary"),
    (removed_members_enter, "toys:contact_list", "status"),
    (superusers_enter, "toys:contact_list", "canary"),
    (inactive_users_enter, "toys:contact_list", "status"),
    (scope_outlives_nothing, "toys:contact_list", "error"),
    (strangers_are_forbidden, "toys:contact_list", "status"),
]


@pytest.mark.parametrize(
    ("defence", "name", "oracle"),
    DEFENCES,
    ids=[f"{d.__name__}-{n}" for d, n, _o in DEFENCES],
)
def test_reports_a_missing_defence(
    defence: Patch,
    name: str,
    oracle: str,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    defence(monkeypatch)

    assert reports(oracle, world, name)


def test_reports_a_missing_composite_key(world: World) -> None:
    constraint = "contacts_contact_account_id_team_fk"
    with undone(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE contacts_contact DROP CONSTRAINT {constraint}")

        assert catalogue.edges_without_composite_key() == ["contacts.Contact.account"]


def test_reports_an_index_that_ignores_the_team(world: World) -> None:
    with undone(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("CREATE INDEX careless ON contacts_contact (title)")

        assert catalogue.indexes_without_team() == ["contacts_contact.title: careless"]


def test_there_are_enough_mistakes_to_trust_the_walk() -> None:
    assert len(SEEDED) + len(DEFENCES) >= 20
