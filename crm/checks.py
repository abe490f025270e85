"""System checks that keep every view and every model inside a team, and the settings safe."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import URLPattern, URLResolver, get_resolver

from crm.tenancy.models import TeamManager, TeamModel

# Models that belong to no team, each with the reason.
GLOBAL_MODELS = {
    "teams.User": "a person may be a member of several teams",
    "teams.Team": "the tenant itself",
    "teams.User_groups": "operators of the installation, not members",
    "teams.User_user_permissions": "operators of the installation, not members",
    "accounts.Organization": "a row of the installation-wide directory",
    "contacts.Person": "a row of the installation-wide directory",
}
# Apps whose tables hold nothing of a team.
FOREIGN_APPS = {"auth", "contenttypes", "sessions", "account", "mfa"}

MIN_SECRET_LENGTH = 40


def team_views() -> Iterator[tuple[str, URLPattern]]:
    """Yield (route, pattern) for every URL below /t/<team_slug>/."""
    for route, pattern in walk(get_resolver().url_patterns):
        if "<slug:team_slug>" in route:
            yield route, pattern


def walk(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield (route, pattern) for every URL pattern of the site."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, route)
        else:
            yield route, pattern


@register(Tags.urls)
def every_team_view_names_a_permission(
    app_configs: Any, **kwargs: Any
) -> list[CheckMessage]:
    return [
        Error(
            f"{pattern.callback.__module__}.{pattern.callback.__name__} serves /{route} unguarded",
            hint="Decorate it with @team_page, @team_form or @team_action.",
            id="crm.E001",
        )
        for route, pattern in team_views()
        if not hasattr(pattern.callback, "team_permission")
    ]


@register(Tags.models)
def every_model_belongs_to_a_team(
    app_configs: Any, **kwargs: Any
) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        label = model._meta.label
        if (
            model._meta.app_label in FOREIGN_APPS
            or label in GLOBAL_MODELS
            or model._meta.proxy
        ):
            continue
        if not issubclass(model, TeamModel):
            errors.append(
                Error(
                    f"{label} belongs to no team",
                    hint="Derive it from TeamModel, or list it in GLOBAL_MODELS with a reason.",
                    id="crm.E002",
                )
            )
        elif not isinstance(model._default_manager, TeamManager):
            errors.append(
                Error(
                    f"The default manager of {label} is not scoped to the team",
                    hint="Declare `objects` from TeamManager before any other manager.",
                    id="crm.E003",
                )
            )
    return errors


@register(Tags.security)
def settings_are_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to start with settings that would hand the installation to anybody (security.md E5)."""
    errors: list[CheckMessage] = []
    weak = (
        len(settings.SECRET_KEY) < MIN_SECRET_LENGTH
        or len(set(settings.SECRET_KEY)) < 10
    )
    if weak or settings.SECRET_KEY.startswith("django-insecure"):
        errors.append(
            Error(
                "SECRET_KEY is missing or weak",
                hint="Set 50 random characters.",
                id="crm.E010",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        errors.append(
            Error(
                "ALLOWED_HOSTS accepts every host",
                hint="Name the hosts you serve.",
                id="crm.E011",
            )
        )
    loopback = settings.SITE_URL.startswith(
        ("http://127.0.0.1", "http://localhost", "http://[::1]")
    )
    if settings.DEBUG and not loopback:
        errors.append(
            Error(
                "DEBUG is on for a public SITE_URL", hint="Unset DEBUG.", id="crm.E012"
            )
        )
    if not settings.SECURE_COOKIES and not loopback:
        errors.append(
            Error(
                "Cookies travel unencrypted",
                hint="Set SECURE_COOKIES=true.",
                id="crm.E013",
            )
        )
    return errors
