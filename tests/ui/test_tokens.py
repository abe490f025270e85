"""Q1: the colours of both themes keep the contrast that WCAG 2.2 AA asks for."""

import math
import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static/src/app.css"
HUES = (25, 55, 85, 155, 195, 255, 300, 345)
Oklch = tuple[float, float, float]

THEME = re.compile(r'@plugin "daisyui/theme" \{(.*?)\n\}', re.DOTALL)
TOKEN = re.compile(r"--([a-z0-9-]+): ([^;]+);")
COLOUR = re.compile(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)")


def themes() -> dict[str, dict[str, str]]:
    found = {}
    for block in THEME.findall(CSS.read_text()):
        [name] = re.findall(r'name: "(\w+)"', block)
        found[name] = dict(TOKEN.findall(block))
    return found


def luminance(colour: Oklch) -> float:
    """Return the relative luminance of an OKLCH colour that sRGB can show (WCAG 2.2)."""
    lightness, chroma, hue = colour
    a, b = (
        chroma * math.cos(math.radians(hue)),
        chroma * math.sin(math.radians(hue)),
    )
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    red, green, blue = (min(1.0, max(0.0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Oklch, other: Oklch) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def colour(theme: dict[str, str], name: str) -> Oklch:
    value = theme.get(f"color-{name}") or theme[name]
    [(lightness, chroma, hue)] = COLOUR.findall(value)
    return float(lightness) / 100, float(chroma), float(hue)


def tint(theme: dict[str, str], part: str, hue: int) -> Oklch:
    lightness, chroma = theme[f"{part}-l"], theme[f"{part}-c"]
    return float(lightness.rstrip("%")) / 100, float(chroma), hue


TEXT = [
    ("base-content", "base-100"),
    ("base-content", "base-300"),
    ("base-content", "accent-soft"),
    ("muted", "base-100"),
    ("muted", "base-200"),
    ("muted", "base-300"),
    ("subtle", "base-100"),
    ("subtle", "base-200"),
    ("accent", "base-100"),
    ("accent", "accent-soft"),
    ("primary-content", "primary"),
    ("neutral-content", "neutral"),
    ("error", "base-100"),
    ("success", "base-100"),
    ("warning", "base-100"),
    ("info", "base-100"),
    ("error-content", "error"),
]


def test_knows_contrast() -> None:
    black, white = (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)

    assert contrast(black, white) == pytest.approx(21, abs=0.01)
    assert contrast(white, white) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
class TestTheme:
    @pytest.mark.parametrize(("text", "ground"), TEXT)
    def test_text_can_be_read(self, theme: str, text: str, ground: str) -> None:
        tokens = themes()[theme]

        assert contrast(colour(tokens, text), colour(tokens, ground)) >= 4.5

    @pytest.mark.parametrize("name", ["line-strong", "accent", "primary"])
    def test_edges_of_controls_can_be_seen(self, theme: str, name: str) -> None:
        tokens = themes()[theme]

        assert contrast(colour(tokens, name), colour(tokens, "base-100")) >= 3

    @pytest.mark.parametrize("hue", HUES)
    def test_text_on_a_tint_can_be_read(self, theme: str, hue: int) -> None:
        tokens = themes()[theme]

        ground, text = tint(tokens, "tint", hue), tint(tokens, "tint-on", hue)
        assert contrast(text, ground) >= 4.5
