"""System checks that keep every view and every model inside a team, and the settings safe."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection
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


@dataclass(frozen=True)
class _Weakness:
    """A setting that would hand the installation to anybody, at least on a public address."""

    id: str
    is_there: Callable[[], bool]
    message: str
    hint: str
    spares_loopback: bool = True


def _has_weak_key() -> bool:
    key = settings.SECRET_KEY
    return (
        len(key) < MIN_SECRET_LENGTH
        or len(set(key)) < 10
        or key.startswith("django-insecure")
    )


WEAKNESSES = [
    _Weakness(
        "crm.E010",
        _has_weak_key,
        "SECRET_KEY is missing or weak",
        "Set 50 random characters.",
        spares_loopback=False,
    ),
    _Weakness(
        "crm.E011",
        lambda: "*" in settings.ALLOWED_HOSTS,
        "ALLOWED_HOSTS accepts every host",
        "Name the hosts you serve.",
        spares_loopback=False,
    ),
    _Weakness(
        "crm.E012",
        lambda: settings.DEBUG,
        "DEBUG is on for a public SITE_URL",
        "Unset DEBUG.",
    ),
    _Weakness(
        "crm.E013",
        lambda: not settings.SECURE_COOKIES,
        "Cookies travel unencrypted",
        "Set SECURE_COOKIES=true.",
    ),
    _Weakness(
        "crm.E014",
        lambda: not settings.SITE_URL.startswith("https://"),
        "Links in mails lead to an unencrypted address",
        "Set SITE_URL to an https:// address.",
    ),
    _Weakness(
        "crm.E015",
        lambda: settings.EMAIL_BACKEND.endswith(".console.EmailBackend"),
        "Mail with links that sign people in is written to the log",
        "Set EMAIL_URL to a mail server.",
    ),
    _Weakness(
        "crm.E016",
        lambda: settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory",
        "Anybody can sign up with an address of somebody else",
        "Set EMAIL_VERIFICATION=mandatory.",
    ),
    _Weakness(
        "crm.E017",
        lambda: (
            bool(settings.SECURE_PROXY_SSL_HEADER)
            and not settings.ALLAUTH_TRUSTED_PROXY_COUNT
        ),
        "All visitors share the address of the proxy, and with it one limit of sign-ins",
        "Set TRUSTED_PROXY_COUNT to the number of proxies before Rapport.",
    ),
]


@register(Tags.security)
def settings_are_safe(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Refuse to start with settings that would hand the installation to anybody (security.md E5)."""
    is_local = is_loopback(settings.SITE_URL)
    return [
        Error(weakness.message, hint=weakness.hint, id=weakness.id)
        for weakness in WEAKNESSES
        if weakness.is_there() and not (is_local and weakness.spares_loopback)
    ]


def is_loopback(url: str) -> bool:
    """Return whether only this machine reaches the address."""
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


@register(Tags.database)
def database_role_is_no_superuser(
    app_configs: Any, databases: Collection[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse to migrate with a role that may do more than own the database (security.md E5)."""
    if not databases or is_loopback(settings.SITE_URL):
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        [is_superuser] = cursor.fetchone()
    if not is_superuser:
        return []
    return [
        Error(
            "The database role is a superuser",
            hint="Make a role that owns only its database, and name it in DATABASE_URL.",
            id="crm.E020",
        )
    ]
