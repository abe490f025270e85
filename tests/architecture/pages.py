"""Every page that a person can look at, taken from the samples: for checks of what is shown."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from tests.architecture.samples import ARGUMENTS, SAMPLES, Sample
from tests.architecture.sitemap import TEAM_ROUTE, Entry, by_name
from tests.architecture.world import ANONYMOUS, Rows


@dataclass(frozen=True)
class Page:
    """A URL with a query string, and who opens it."""

    name: str
    path: str
    actor: str

    @property
    def id(self) -> str:
        query = self.path.partition("?")[2]
        return f"{self.name}?{query}" if query else self.name


def path_of(entry: Entry, sample: Sample, rows: Rows) -> str:
    """Return the path of the URL for the team's rows."""
    given = sample.args(rows) if sample.args else {}
    kwargs: dict[str, Any] = {
        name: ARGUMENTS[name](rows) for name in entry.arguments if name not in given
    }
    if entry.is_team:
        kwargs["team_slug"] = rows.team.slug
    return reverse(entry.name, kwargs={**kwargs, **given})


def pages(rows: Rows) -> Iterator[Page]:
    """Yield every page of the team and of the site, as the team's owner or as a visitor."""
    for name, sample in SAMPLES.items():
        entry = by_name()[name.partition("#")[0]]
        if sample.no_page or (entry.is_team and "GET" not in entry.methods):
            continue
        actor = ANONYMOUS if sample.public else sample.poster
        path = path_of(entry, sample, rows)
        for variant in ("", *sample.variants):
            yield Page(name, path + variant, actor)


def names() -> list[str]:
    """Return the names of all URLs that may show a page."""
    return [
        name
        for name, sample in SAMPLES.items()
        if not sample.no_page
        and (entry := by_name().get(name.partition("#")[0]))
        and not (entry.route.startswith(TEAM_ROUTE) and "GET" not in entry.methods)
    ]
