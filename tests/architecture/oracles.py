"""What is right and what is a finding, for one answer or for a pair of answers."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.shortcuts import resolve_url

from tests.architecture.browser import SAFE, Answer
from tests.architecture.samples import Sample, role_may
from tests.architecture.sitemap import Entry
from tests.architecture.world import (
    ANONYMOUS,
    FRESH_IDS,
    INACTIVE,
    MEMBERS,
    STRANGER,
    World,
)

# Ids and the phone number of the other team, however the number is written.
OTHER_NUMBER = re.compile(r"(?<!\d)911\d{6}(?!\d)|202\D{0,3}555\D{0,3}0187")
# Random in every answer: CSRF tokens, the session cookie, one-time links.
RANDOM = re.compile(
    r"[A-Za-z0-9]{64}|(?:session|csrf)=[^;\s]+|(?<=/)[A-Za-z0-9_-]{43}(?=/)"
    r'|(?<=name="token" value=")[^"]+'
)


@dataclass(frozen=True)
class Call:
    """Who asked for what: target "own", "row" (another team's row) or "team" (another team)."""

    entry: Entry
    sample: Sample
    actor: str
    method: str
    target: str
    path: str


@dataclass(frozen=True)
class Finding:
    oracle: str
    url: str
    actor: str
    method: str
    target: str
    detail: str

    def __str__(self) -> str:
        return (
            f"[{self.oracle}] {self.method} {self.url} as {self.actor} "
            f"({self.target}): {self.detail}"
        )


def finding(oracle: str, call: Call, detail: str) -> Finding:
    return Finding(
        oracle, call.entry.name, call.actor, call.method, call.target, detail
    )


def judge(world: World, call: Call, answer: Answer) -> Iterator[Finding]:
    """Yield every rule that one answer breaks."""
    if answer.error or (answer.status >= 500 and call.entry.name != "readyz"):
        yield finding("error", call, f"{answer.status} {answer.error}")
    wrong = _wrong_status(call, answer)
    if wrong:
        yield finding("status", call, wrong)
    leak = leaked(world, call, answer)
    if leak:
        yield finding("canary", call, leak)
    wrong = _wrong_changes(world, call, answer)
    if wrong:
        yield finding("state", call, wrong)
    if answer.crossings:
        yield finding("crossing", call, str(answer.crossings))


# Status


def redirects_to_login(answer: Answer) -> bool:
    target = answer.headers.get("HX-Redirect") or answer.headers.get("Location", "")
    login = urlsplit(resolve_url(settings.LOGIN_URL)).path
    return urlsplit(target).path == login


def _wrong_status(call: Call, answer: Answer) -> str:
    if answer.status in call.sample.answers:
        return ""
    if call.entry.is_team:
        return _wrong_team_status(call, answer)
    return _wrong_site_status(call, answer)


def _wrong_team_status(call: Call, answer: Answer) -> str:
    status = answer.status
    if call.actor in (ANONYMOUS, INACTIVE):
        return (
            ""
            if redirects_to_login(answer)
            else f"{status} instead of the way to sign in"
        )
    if call.actor == STRANGER and call.target == "team":
        return ""  # at home
    if call.actor not in MEMBERS or call.target == "team":
        return "" if status == 404 else f"{status} instead of 404 for a stranger"
    granted = role_may(call.actor, call.entry.permission)
    if call.method not in call.entry.methods:
        return (
            ""
            if status in (403, 405)
            else f"{status} for a method that it does not serve"
        )
    if not granted:
        return "" if status == 403 else f"{status} without {call.entry.permission}"
    if call.target == "row":
        return (
            "" if status == 404 else f"{status} instead of 404 for another team's row"
        )
    if call.method == "POST" and call.actor in call.sample.refuses:
        return "" if status >= 400 else f"{status} where the sample expects a refusal"
    # The sample's body is one for POST; what another method makes of it is the view's affair.
    right = status < 400 or (status == 422 and call.method != "POST")
    return "" if right else f"{status} with {call.entry.permission}"


def _wrong_site_status(call: Call, answer: Answer) -> str:
    status = answer.status
    if call.actor in (ANONYMOUS, INACTIVE):
        is_open = (
            status == 200
            and call.method != "OPTIONS"
            and "HX-Redirect" not in answer.headers
        )
        if call.sample.public or not is_open:
            return ""
        return "200 for anybody, but it is not on the public list"
    if call.target == "row" and not call.sample.capability:
        return (
            ""
            if status in (404, 405)
            else f"{status} instead of 404 for a row of others"
        )
    return ""


# Leaks


def leaked(
    world: World, call: Call, answer: Answer, *, sent: tuple[str, ...] = ()
) -> str:
    """Return what of the other team is in the answer, apart from what the request itself said."""
    if call.actor == STRANGER or (call.sample.capability and call.target != "own"):
        return ""
    text = without_echo(answer.everything(), call.path, *sent)
    found = re.search(world.canary, text, re.IGNORECASE) or OTHER_NUMBER.search(text)
    if not found:
        return ""
    return (
        "…"
        + text[max(0, found.start() - 60) : found.end() + 30].replace("\n", " ")
        + "…"
    )


def without_echo(text: str, *sent: str) -> str:
    """Return the text without what was sent, in any of the ways a page may quote it."""
    for value in sent:
        for form in {
            value,
            html.escape(value),
            quote(value),
            quote(value, safe=""),
            quote(quote(value)),
        }:
            if form:
                text = text.replace(form, "")
    return text


# Changes


def _wrong_changes(world: World, call: Call, answer: Answer) -> str:
    if not answer.changed:
        return ""
    if call.method in SAFE and not call.sample.writes_on_get:
        return f"a safe request wrote {sorted(answer.changed)}"
    if answer.status >= 400:
        return f"refused with {answer.status}, but wrote {sorted(answer.changed)}"
    forbidden = [key for key in answer.changed if not _may_change(world, call, key[1])]
    return f"changed rows of others: {sorted(forbidden)}" if forbidden else ""


def _may_change(world: World, call: Call, owner: str) -> bool:
    if owner == "everybody":
        return False
    kind, number = owner.split(":")
    if int(number) > FRESH_IDS and int(number) < FRESH_IDS + 1_000_000:
        return True  # made in this very request
    if call.sample.capability and _led_to(world, call, kind, int(number)):
        return True
    user = world.users.get(call.actor)
    if kind == "user":
        return user is not None and int(number) == user.pk
    home = world.other if call.actor == STRANGER else world.own
    return call.actor in (*MEMBERS, STRANGER) and int(number) == home.team.pk


def _led_to(world: World, call: Call, kind: str, number: int) -> bool:
    """Return whether the link of the call is about this very team or person."""
    rows = world.other if call.target == "row" else world.own
    return number == (rows.team.pk if kind == "team" else rows.member.user_id)


# Pairs


def masked(answer: Answer) -> str:
    """Return what the asker sees as text, with everything random replaced.

    Mails are left out: they go to whom they are addressed to, not to the asker.
    """
    seen = replace(answer, mails=[])
    text = f"{answer.status}\n{seen.everything()}"
    return RANDOM.sub("~", text)


def difference(one: str, two: str) -> str:
    """Return the first place where two texts differ; "" when they do not."""
    if one == two:
        return ""
    at = next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b),
        min(len(one), len(two)),
    )
    return (
        f"{one[max(0, at - 40) : at + 60]!r} against {two[max(0, at - 40) : at + 60]!r}"
    )
