"""Whatever is sent, the answer is never an error of ours (security.md A: hostile input)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from layouts.models import CustomField
from tests.architecture.harness import Harness
from tests.architecture.pages import path_of
from tests.architecture.samples import SAMPLES
from tests.architecture.sitemap import by_name

pytestmark = pytest.mark.django_db

# Each key gets another one in each round.
GARBAGE = [
    "a\x00b", "²", "9" * 5000, "9999-12-31T23:59-14:00", "1e400", str(10**30), "EUR",
    "0001-01-01", ",".join(map(str, range(3000))), str(2**63), "..9999-12-31", "x" * 20_000,
    "nan..Infinity", "-1", "[]{}()<>\"'%$\\", "2024-13-45", "0001-01-01T00:00+14:00",
]  # fmt: skip
ROUNDS = range(0, len(GARBAGE), 9)
# What some page reads beside what its sample says.
ALSO = (
    "cursor",
    "view",
    "q",
    "sort",
    "tab",
    "key",
    "version",
    "state",
    "contact",
    "cols",
)
PEOPLE = "contacts:people_list"


def garbage(keys: Iterable[str], first: int) -> dict[str, str]:
    """Return garbage for each key."""
    size = len(GARBAGE)
    return {key: GARBAGE[(first + n) % size] for n, key in enumerate(sorted(keys))}


def hidden(body: Mapping[str, Any]) -> set[str]:
    """Return what a form sends unseen: the version, and each value as it was."""
    return {"version", *(f"original-{key}" for key in body)}


def sent(harness: Harness, name: str) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """Yield a method, what is right, and the keys whose values are garbage."""
    sample, entry = SAMPLES[name], by_name()[name.partition("#")[0]]
    own = harness.world.own
    if not entry.is_team or "GET" in entry.methods:
        yield "GET", {}, {*sample.query(own), *ALSO}
    if name == PEOPLE:
        fields = CustomField.across_teams.filter(team=own.team, record="contact")
        keys = {f"field-{field.pk}" for field in fields}
        yield "GET", dict.fromkeys((f"{key}_op" for key in keys), ""), keys
        yield "GET", {}, {f"{key}_op" for key in keys}
    if sample.body is not None:
        body = sample.body(own)
        yield "POST", {}, {*body, *hidden(body)}
        if body:
            yield "POST", body, hidden(body)


def problem(harness: Harness, name: str, method: str, data: dict[str, Any]) -> str:
    """Return what was wrong with the answer, "" where nothing was."""
    sample = SAMPLES[name]
    path = path_of(by_name()[name.partition("#")[0]], sample, harness.world.own)
    session = harness.world.cookies[sample.poster]
    if method == "GET":
        path, data = f"{path}?{urlencode(data, doseq=True)}", {}
    answer = harness.browser.send(method, path, session=session, data=data)
    if answer.status >= 500 or answer.error:
        return f"{answer.status} {answer.error[:200]}"
    return ""


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_garbage_is_no_error(harness: Harness, name: str) -> None:
    found = []
    for method, right, keys in sent(harness, name):
        for first in ROUNDS:
            wrong = garbage(keys, first)
            if not (said := problem(harness, name, method, {**right, **wrong})):
                continue
            guilty = {
                key: text[:40]
                for key, text in wrong.items()
                if problem(harness, name, method, {**right, key: text})
            }
            found.append(f"{method} {said} {guilty or 'all at once'}")
    assert found == []
