"""D-look and Q4: icons, names, stages and times as pages show them."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import engines
from django.utils import timezone

from crm.templatetags.ui import HUES, hue_of, in_sentence, initials_of, when_text

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def rendered(source: str, **context: Any) -> str:
    return engines["django"].from_string(source).render(context)


def test_icon_points_into_the_sprite_and_is_silent() -> None:
    html = rendered('{% icon "mail" "icon-sm" %}')

    assert 'class="icon icon-sm"' in html
    assert 'aria-hidden="true"' in html
    assert html.endswith('.svg#i-mail"/></svg>')


class TestAvatar:
    @pytest.mark.parametrize(
        ("name", "initials"),
        [
            ("Maya Lindqvist", "ML"),
            ("Ruben de Wit", "RW"),
            ("  jóhanna  (HQ) árnadóttir ", "JÁ"),
            ("Prince", "P"),
            ("山田 太郎", "山太"),
            ("@!", "@"),
            ("", "?"),
        ],
    )
    def test_has_the_first_letters_of_the_first_and_last_name(
        self, name: str, initials: str
    ) -> None:
        assert initials_of(name) == initials

    def test_has_the_same_hue_everywhere_and_uses_all_hues(self) -> None:
        assert {hue_of(f"Person {n}") for n in range(200)} == set(HUES)
        assert hue_of("Maya Lindqvist") == hue_of("Maya Lindqvist")

    def test_is_decoration_beside_a_name_and_has_the_name_alone(self) -> None:
        assert 'aria-hidden="true"' in rendered('{% avatar "Maya" %}')
        alone = rendered('{% avatar "Maya" label="Owner: Maya" %}')
        assert 'role="img" aria-label="Owner: Maya"' in alone

    def test_escapes_names(self) -> None:
        html = rendered("{% avatar name label=name %}", name='"><img src=x>')

        assert "<img" not in html


def test_no_stage_is_no_pill() -> None:
    assert rendered("{% stage_pill none %}", none=None) == ""


class TestWhen:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (datetime(2026, 11, 23, 8, 42, tzinfo=UTC), "Today, 08:42"),
            (datetime(2026, 11, 22, 23, 59, tzinfo=UTC), "Yesterday, 23:59"),
            (datetime(2026, 11, 19, 9, 30, tzinfo=UTC), "Thu 19 Nov"),
            (datetime(2026, 12, 2, 9, 0, tzinfo=UTC), "Wed 2 Dec"),
            (datetime(2025, 12, 31, 9, 0, tzinfo=UTC), "31 Dec 2025"),
            (date(2026, 11, 23), "Today"),
            (date(2024, 2, 29), "29 Feb 2024"),
        ],
    )
    def test_says_moments_as_people_do(self, value: date, text: str) -> None:
        assert when_text(value, at=NOW) == text

    def test_is_in_the_zone_in_force(self) -> None:
        late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)

        with timezone.override(ZoneInfo("Europe/Stockholm")):
            assert when_text(late, at=NOW) == "Today, 00:30"
        with timezone.override(ZoneInfo("Pacific/Honolulu")):
            assert when_text(late, at=NOW) == "Yesterday, 13:30"

    def test_adds_the_time_to_every_moment_or_to_none(self) -> None:
        old = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)

        assert when_text(old, at=NOW, full=True) == "Thu 19 Nov, 09:30"
        assert when_text(NOW, at=NOW, time=False) == "Today"

    def test_element_carries_the_whole_timestamp(self) -> None:
        with time_machine.travel(NOW, tick=False):
            html = rendered("{% when at %}", at=datetime(2025, 1, 2, 3, 4, tzinfo=UTC))

        assert html == (
            '<time datetime="2025-01-02T03:04+00:00" title="2 Jan 2025, 03:04">2 Jan 2025</time>'
        )

    def test_nothing_is_said_of_no_moment(self) -> None:
        assert rendered("{% when none %}{{ none|when_text }}", none=None) == ""


@pytest.mark.parametrize(
    ("label", "inside"),
    [
        ("Buying role", "buying role"),
        ("LinkedIn", "LinkedIn"),
        ("Account ID", "Account ID"),
        ("", ""),
    ],
)
def test_label_in_a_sentence(label: str, inside: str) -> None:
    assert in_sentence(label) == inside
