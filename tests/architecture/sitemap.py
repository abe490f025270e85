"""Every URL of the site by its full name, as the resolver knows it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

TEAM_ROUTE = "t/<slug:team_slug>/"


@dataclass(frozen=True)
class Entry:
    """One URL pattern. `name` is "app:view" as reverse() takes it, "" when it has none."""

    name: str
    route: str
    view: Any

    @property
    def is_team(self) -> bool:
        return self.route.startswith(TEAM_ROUTE)

    @property
    def permission(self) -> str:
        return getattr(self.view, "team_permission", "")

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods a team view answers; empty for views that decide themselves."""
        return tuple(getattr(self.view, "team_methods", ()))

    @property
    def arguments(self) -> list[str]:
        """The names of the URL's arguments, the team's aside."""
        names = re.findall(r"<(?:\w+:)?(\w+)>", self.route.replace("(?P<", "<"))
        return [name for name in names if name != "team_slug"]


def entries() -> list[Entry]:
    return list(_walk(get_resolver().url_patterns, "", ()))


def _walk(patterns: list[Any], route: str, spaces: tuple[str, ...]) -> Iterator[Entry]:
    for pattern in patterns:
        full = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from _walk(pattern.url_patterns, full, inner)
        elif isinstance(pattern, URLPattern):
            name = ":".join([*spaces, pattern.name]) if pattern.name else ""
            yield Entry(name, full, pattern.callback)


def by_name() -> dict[str, Entry]:
    return {entry.name: entry for entry in entries()}
