"""Who may reach what: every URL x actor x method x own and other team (product.md Q5, T2)."""

from collections.abc import Callable

import pytest

from crm.teams.roles import PERMISSION_TABLE, PERMISSIONS, Role
from tests.architecture import samples
from tests.architecture.harness import Harness
from tests.architecture.oracles import Finding
from tests.architecture.samples import ARGUMENTS, LOWEST_ROLE, SAMPLES, role_may
from tests.architecture.sitemap import entries

pytestmark = pytest.mark.django_db


class TestSamples:
    def test_every_url_has_a_name(self) -> None:
        assert [entry.route for entry in entries() if not entry.name] == []

    def test_every_url_has_a_sample_and_every_sample_a_url(self) -> None:
        names = {entry.name for entry in entries()}

        sampled = {name.partition("#")[0] for name in SAMPLES}

        assert names - sampled == set(), "add these to tests/architecture/samples.py"
        assert sampled - names == set(), "these URLs are gone"

    def test_every_argument_is_known(self) -> None:
        unknown = [
            f"{entry.name}: {name}"
            for entry in entries()
            for name in entry.arguments
            if name not in ARGUMENTS and not SAMPLES[entry.name].args
        ]

        assert unknown == []

    def test_every_view_that_takes_a_post_has_a_body(self) -> None:
        missing = [
            entry.name
            for entry in entries()
            if "POST" in entry.methods and SAMPLES[entry.name].body is None
        ]

        assert missing == []


class TestRoles:
    """T2: one table of permissions."""

    def test_grants_exactly_what_is_promised(self) -> None:
        promised = {
            role: {name for name in LOWEST_ROLE if role_may(role, name)}
            for role in Role
        }

        assert {role: set(granted) for role, granted in PERMISSIONS.items()} == promised
        assert set(PERMISSION_TABLE) == set(LOWEST_ROLE)


@pytest.mark.parametrize("name", sorted(samples.SAMPLES))
def test_access(
    name: str, harness: Harness, record_property: Callable[..., None]
) -> None:
    """Q5: nobody reads or changes another team's rows by any door; T2: the role decides."""
    before = harness.requests

    findings = list(harness.walk(name))

    record_property("requests", harness.requests - before)

    assert not findings, summary(findings)


def summary(findings: list[Finding]) -> str:
    """One line for each kind of finding, with the first example and how many are alike."""
    kinds: dict[tuple[str, str, str], list[Finding]] = {}
    for found in findings:
        kinds.setdefault((found.oracle, found.method, found.detail), []).append(found)
    lines = [f"{alike[0]}  (x{len(alike)})" for alike in kinds.values()]
    return "\n" + "\n".join(lines[:30])
