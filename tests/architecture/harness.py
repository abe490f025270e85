"""The walk: every URL x actor x method x own and other team, under every oracle."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.urls import reverse

from crm.teams.models import Team, User
from crm.tenancy.models import TeamModel
from tests.architecture import digest, oracles
from tests.architecture.browser import Answer, Browser, undone
from tests.architecture.oracles import Call, Finding, finding
from tests.architecture.samples import ARGUMENTS, Sample
from tests.architecture.sitemap import Entry, by_name
from tests.architecture.world import (
    ACTORS,
    ANONYMOUS,
    MEMBERS,
    NOWHERE_ID,
    OTHER_IDS,
    STRANGER,
    Rows,
    World,
    team_models,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OTHER_ID = OTHER_IDS + 1  # the first row of every table of the other team

# What nobody may set through a form that does not offer it.
FORBIDDEN = {
    "team": OTHER_ID,
    "team_id": OTHER_ID,
    "id": OTHER_ID,
    "pk": OTHER_ID,
    "user": OTHER_ID,
    "user_id": OTHER_ID,
    "owner": OTHER_ID,
    "owner_id": OTHER_ID,
    "created_by": OTHER_ID,
    "role": "owner",
    "is_staff": "on",
    "is_superuser": "on",
    "is_active": "",
    "deleted_at": "2020-01-01",
    "removed_at": "2020-01-01",
    "created_at": "2020-01-01",
    "version": "999",
    "plan": "custom",
    "quota": "999999999",
    "slug": "taken-over",
}
CONTROL = re.compile(r"<(input|select|textarea|button)\b([^>]*)>", re.DOTALL)
NAME, KIND = re.compile(r'\bname="([^"]+)"'), re.compile(r'\btype="([^"]+)"')
TYPED = {"textarea", "text", "email", "tel", "url", "search", "password", "number"}
TYPED |= {"date", "datetime-local", "file"}
FORM_TAG = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
ACTION = re.compile(r'\b(?:action|hx-post|hx-get)="([^"]*)"')
TARGET = re.compile(r'hx-target="#([\w-]+)"')


@dataclass
class Harness:
    """Walks the URLs of the URLconf in force in a world that stands in an open transaction."""

    world: World
    samples: Mapping[str, Sample]

    def __post_init__(self) -> None:
        self.entries = by_name()
        self.browser = Browser(digest.state())
        self.guarded = Browser(self.browser.before, csrf=True)

    @property
    def requests(self) -> int:
        return self.browser.count + self.guarded.count

    def walk(self, name: str) -> Iterator[Finding]:
        """Yield everything that is wrong with one URL."""
        walked = self.survey(name)
        for oracle in ORACLES:
            yield from getattr(walked, oracle)()

    def survey(self, name: str) -> "Walked":
        """Return the URL, looked at once, for single oracles."""
        url, _hash, case = name.partition("#")
        entry, sample = self.entries[url], self.samples[name]
        return Walked(self, entry, sample, is_case=bool(case))


# The methods of `Walked` that yield findings, in the order in which they run.
ORACLES = (
    "matrix",
    "forgery",
    "fragments",
    "variants",
    "warm_cache",
    "filters",
    "foreign_ids",
    "forbidden_keys",
    "interference",
)


class Walked:
    """One URL under every oracle."""

    def __init__(
        self, harness: Harness, entry: Entry, sample: Sample, *, is_case: bool
    ) -> None:
        self.harness, self.entry, self.sample = harness, entry, sample
        self.world, self.browser = harness.world, harness.browser
        # A further sample of a URL: what every sample of it shares is asked of the first.
        self.actors = (MEMBERS[0], MEMBERS[-1], STRANGER) if is_case else ACTORS
        self.methods = ("GET", "POST") if is_case else METHODS
        self.page = ""  # the page as the owner sees it
        self.served: set[str] = set()  # methods that the view answers
        for method in METHODS:
            call = self.call(MEMBERS[0], method)
            answer = self.send(call)
            if answer.status != 405:
                self.served.add(method)
            if method == "GET" and answer.is_page:
                self.page = answer.body

    # Calls

    def path(self, rows: Rows, *, args: Mapping[str, Any]) -> str:
        kwargs = dict(args)
        if self.entry.is_team:
            kwargs["team_slug"] = rows.team.slug
        return reverse(self.entry.name, kwargs=kwargs)

    def arguments(self, rows: Rows) -> dict[str, Any]:
        given = self.sample.args(rows) if self.sample.args else {}
        wanted = {
            name: ARGUMENTS[name](rows)
            for name in self.entry.arguments
            if name not in given
        }
        return {**wanted, **given}

    def targets(self) -> Iterator[tuple[str, str]]:
        """Yield (target, path)."""
        own, other = self.arguments(self.world.own), self.arguments(self.world.other)
        yield "own", self.path(self.world.own, args=own)
        swapped = [name for name in own if own[name] != other[name]]
        for name in swapped:
            yield "row", self.path(self.world.own, args={**own, name: other[name]})
        if len(swapped) > 1:
            yield "row", self.path(self.world.own, args=other)
        if self.entry.is_team:
            yield "team", self.path(self.world.other, args=other)

    def call(
        self, actor: str, method: str, target: str = "own", path: str = ""
    ) -> Call:
        path = path or next(self.targets())[1]
        return Call(self.entry, self.sample, actor, method, target, path)

    def body(self, rows: Rows) -> dict[str, Any]:
        return self.sample.body(rows) if self.sample.body else {}

    def send(self, call: Call, **options: Any) -> Answer:
        if "data" not in options:
            bodies = {
                "own": self.body(self.world.own),
                "team": self.body(self.world.other),
                # Another team's row with everything that this team's form would send for it.
                "row": {**self.body(self.world.own), **self.body(self.world.other)},
            }
            options["data"] = bodies[call.target]
        session = self.world.cookies.get(call.actor, "")
        return self.browser.send(call.method, call.path, session=session, **options)

    # Oracles

    def matrix(self) -> Iterator[Finding]:
        """Status, canary, state digest and safe methods for everybody, everything, everywhere."""
        for target, path in self.targets():
            for method in self.methods:
                for actor in self._askers(method):
                    call = self.call(actor, method, target, path)
                    answer = self.send(call)
                    yield from oracles.judge(self.world, call, answer)
        yield from self._valid_post_works()

    def _askers(self, method: str) -> tuple[str, ...]:
        """Return whose roles the method is asked with.

        HEAD answers as GET does and OPTIONS reads nothing: there it is enough to ask with the most
        rights, the fewest, and none.
        """
        if method not in ("HEAD", "OPTIONS"):
            return self.actors
        few = (MEMBERS[0], MEMBERS[-1], STRANGER, ANONYMOUS)
        return tuple(actor for actor in self.actors if actor in few)

    def _valid_post_works(self) -> Iterator[Finding]:
        """Without a body that works the walk would prove nothing about writes."""
        if not self.entry.is_team or "POST" not in self.entry.methods:
            return
        call = self.call(self.sample.poster, "POST")
        answer = self.send(call)
        if answer.status >= 400:
            yield finding(
                "sample", call, f"the sample's body is refused with {answer.status}"
            )
        elif not answer.changed and not self.sample.changes_nothing:
            yield finding("sample", call, "the sample's body changes nothing")

    def forgery(self) -> Iterator[Finding]:
        """An unsafe request without the CSRF token is refused and changes nothing."""
        for actor in (MEMBERS[0], ANONYMOUS):
            for method in ("POST", "PUT", "PATCH", "DELETE"):
                call = self.call(actor, method)
                answer = self.harness.guarded.send(
                    method,
                    call.path,
                    session=self.world.cookies.get(actor, ""),
                    data=self.body(self.world.own),
                )
                if answer.status != 403 or answer.changed:
                    detail = f"{answer.status} without a CSRF token, wrote {sorted(answer.changed)}"
                    yield finding("csrf", call, detail)

    def fragments(self) -> Iterator[Finding]:
        """What htmx may ask for alone obeys the same rules as the page."""
        parts = [
            (target, MEMBERS[0]) for target in sorted(set(TARGET.findall(self.page)))
        ]
        anything = [("nothing", actor) for actor in (MEMBERS[-1], STRANGER, ANONYMOUS)]
        for target, actor in [*parts, *anything]:
            headers = {"HX-Request": "true", "HX-Target": target}
            call = self.call(actor, "GET")
            answer = self.send(call, headers=headers)
            yield from oracles.judge(self.world, call, answer)

    def variants(self) -> Iterator[Finding]:
        """The page under every query string that changes it obeys the same rules."""
        for call in self._variant_calls():
            yield from oracles.judge(self.world, call, self.send(call))

    def _variant_calls(self) -> Iterator[Call]:
        path = self.call(MEMBERS[0], "GET").path
        for query in self.sample.variants if "GET" in self.served else ():
            for actor in (MEMBERS[0], MEMBERS[-1]):
                yield self.call(actor, "GET", "own", path + query)

    def warm_cache(self) -> Iterator[Finding]:
        """What the cache keeps for one team never reaches another."""
        if "GET" not in self.served or self.sample.random:
            return
        call = self.call(MEMBERS[0], "GET")
        cold = self.send(call)
        theirs = self.path(self.world.other, args=self.arguments(self.world.other))
        self.send(self.call(STRANGER, "GET", "team", theirs))
        warm = self.send(call, keep_cache=True)
        differs = oracles.difference(oracles.masked(cold), oracles.masked(warm))
        if differs:
            yield finding("cache", call, differs)

    def filters(self) -> Iterator[Finding]:
        """A filter by another team's id answers as one by an id that does not exist."""
        if "GET" not in self.served:
            return
        names = {*self.sample.query(self.world.own), *self._choices(method="get")}
        for name in sorted(names):
            path = self.call(MEMBERS[0], "GET").path
            answers = []
            for value in (OTHER_ID, NOWHERE_ID):
                call = self.call(MEMBERS[0], "GET", "own", f"{path}?{name}={value}")
                answer = self.send(call)
                yield from oracles.judge(
                    self.world, call, _without(answer, str(OTHER_ID))
                )
                answers.append(oracles.masked(answer).replace(str(value), "~"))
            differs = oracles.difference(*answers)
            if differs:
                yield finding("filter", call, f"{name}: {differs}")

    def _offered(self, *, method: str) -> dict[str, str]:
        """Return {name: kind} of the controls of this URL's own forms on its page."""
        offered: dict[str, str] = {}
        own_path = self.call(MEMBERS[0], "GET").path
        for attributes, inner in FORM_TAG.findall(self.page):
            actions = ACTION.findall(attributes)
            posts = 'method="post"' in attributes.lower() or "hx-post" in attributes
            if posts != (method == "post"):
                continue
            if not actions or any(
                action.split("?")[0] in ("", own_path) for action in actions
            ):
                offered.update(controls(inner))
        return offered

    def _choices(self, *, method: str) -> set[str]:
        """Return the names of the controls whose value is chosen, not typed.

        Of many hidden ones that are alike ("original-title", "original-city", ...) one is enough.
        """
        chosen: dict[str, str] = {}
        for name, kind in self._offered(method=method).items():
            if kind not in TYPED:
                alike = name.partition("-")[0] if kind == "hidden" else name
                chosen.setdefault(alike, name)
        return set(chosen.values())

    def foreign_ids(self) -> Iterator[Finding]:
        """Another team's id in any field of a form attaches nothing and tells nothing."""
        if "POST" not in self.served or not self.sample.body:
            return
        names = {*self.body(self.world.own), *self._choices(method="post")}
        for name in sorted(names):
            call = self.call(self.sample.poster, "POST")
            data = {**self.body(self.world.own), name: str(OTHER_ID)}
            team_id = self.world.own.team.pk
            answer = self.send(call, data=data, names_id=(team_id, OTHER_ID))
            quiet = _without(answer, str(OTHER_ID))
            for found in oracles.judge(self.world, call, quiet):
                if found.oracle != "status":
                    yield finding(
                        found.oracle, call, f"{name}={OTHER_ID}: {found.detail}"
                    )
            if answer.loose:
                yield finding(
                    "foreign id", call, f"{name}={OTHER_ID} was kept in {answer.loose}"
                )

    def forbidden_keys(self) -> Iterator[Finding]:
        """Keys that a form does not offer change nothing, in the body or in the query string."""
        if "POST" not in self.served or not self.sample.body:
            return
        known = {*self.body(self.world.own), *self._offered(method="post")}
        extra = {key: value for key, value in FORBIDDEN.items() if key not in known}
        call = self.call(self.sample.poster, "POST")
        plain = self.send(call, keep_state=True)
        loaded = self.send(
            call, data={**self.body(self.world.own), **extra}, keep_state=True
        )
        differs = digest.changed(plain.state or {}, loaded.state or {})
        if differs:
            yield finding("forbidden key", call, f"stored in {sorted(differs)}")

    def interference(self) -> Iterator[Finding]:
        """The team's answers are the same to the byte with and without the other team's rows."""
        if self.sample.random:
            return
        calls = list(self._comparable_calls())
        with_other = [self._compared(call, changes) for call, changes in calls]
        with undone():
            delete_other_team(self.world)
            without = [self._compared(call, changes) for call, changes in calls]
        for (call, _changes), one, two in zip(calls, with_other, without, strict=True):
            differs = oracles.difference(one, two)
            if differs:
                yield finding("interference", call, differs)

    def _comparable_calls(self) -> Iterator[tuple[Call, dict[str, Any]]]:
        """Yield calls with what each changes in the sample's body."""
        for actor in (MEMBERS[0], MEMBERS[-1], ANONYMOUS):
            for method in sorted(self.served & {"GET", "POST", "DELETE"}):
                yield self.call(actor, method), {}
        for call in self._variant_calls():
            yield call, {}
        if "POST" in self.served and self.sample.body:
            for name in self.body(self.world.own):
                for value in _texts_of_other(self.world, name):
                    yield self.call(self.sample.poster, "POST"), {name: value}

    def _compared(self, call: Call, changes: dict[str, Any]) -> str:
        data = {**self.body(self.world.own), **changes}
        return oracles.masked(self.send(call, data=data))


def controls(html: str) -> Iterator[tuple[str, str]]:
    """Yield (name, kind) of the controls in a form."""
    for tag, attributes in CONTROL.findall(html):
        name, kind = NAME.search(attributes), KIND.search(attributes)
        if name and name[1] != "csrfmiddlewaretoken":
            default = "text" if tag == "input" else tag
            yield name[1], kind[1] if kind and tag == "input" else default


def _without(answer: Answer, sent: str) -> Answer:
    """Return the answer without the number that the request itself contained."""
    return Answer(
        **{
            **vars(answer),
            "body": answer.body.replace(sent, ""),
            "headers": {k: v.replace(sent, "") for k, v in answer.headers.items()},
            "messages": [m.replace(sent, "") for m in answer.messages],
        }
    )


def _texts_of_other(world: World, field_name: str) -> list[str]:
    """Return what the other team keeps in text columns of that name: what a careless check for
    duplicates would stumble over.
    """
    found: set[str] = set()
    for model in team_models():
        for f in model._meta.concrete_fields:
            if (
                f.name == field_name
                and isinstance(f, models.CharField)
                and not f.choices
            ):
                rows = model.across_teams.filter(team=world.other.team)
                found.update(rows.values_list(f.name, flat=True)[:1])
    return sorted(found - {""})


def delete_other_team(world: World) -> None:
    """Remove every row of the other team and its users; foreign keys are checked only at commit."""
    statements = ["SELECT set_config('rapport.history', 'off', true)"]
    users = ", ".join(str(pk) for pk in world.other_users)
    for model, owner in digest.tables():
        table = model._meta.db_table
        if issubclass(model, TeamModel):
            statements.append(
                f'DELETE FROM "{table}" WHERE team_id = {world.other.team.pk}'
            )
        elif owner.startswith("'user:' || x.") and model is not User:
            column = owner.removeprefix("'user:' || x.")
            statements.append(f'DELETE FROM "{table}" WHERE {column} IN ({users})')
    statements.append(
        f'DELETE FROM "{Team._meta.db_table}" WHERE id = {world.other.team.pk}'
    )
    statements.append(f'DELETE FROM "{User._meta.db_table}" WHERE id IN ({users})')
    statements.append("SELECT set_config('rapport.history', '', true)")
    with connection.cursor() as cursor:
        cursor.execute("; ".join(statements))
