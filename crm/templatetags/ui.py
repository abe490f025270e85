"""Template tags of the design system. docs/ui.md shows each in use."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zlib import crc32

from django import template
from django.contrib.messages import get_messages
from django.template import Engine
from django.template.context import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import trans_real

from crm.htmx import toast_detail

register = template.Library()

HUES = (25, 55, 85, 155, 195, 255, 300, 345)


@register.simple_block_tag(takes_context=True)
def ui(context: Context, content: str, name: str, **attrs: Any) -> str:
    """Render templates/ui/<name>.html around the block's content.

    The component sees its attributes and the content only, never a variable of the page that
    happens to have the same name.
    """
    component = Engine.get_default().get_template(f"ui/{name}.html")
    token = context.get("csrf_token")
    return component.render(
        context.new({"content": content, "csrf_token": token, **attrs})
    )


@register.simple_block_tag
def slot(content: str) -> str:
    """Markup for an attribute of a component: {% slot as actions %}…{% endslot %}."""
    return "" if content.isspace() else content


_fixed: dict[tuple[str, object], str] = {}


@register.simple_tag
def fixed(name: str) -> str:
    """Include a template that says the same on every page; it is rendered once for a language."""
    key = (name, trans_real.catalog())
    if key not in _fixed:
        _fixed[key] = Engine.get_default().get_template(name).render(Context())
    return _fixed[key]


@register.simple_tag(takes_context=True)
def menu_item(context: Context, label: Any, **attrs: Any) -> SafeString:
    """An entry of a menu: a link (href), a form that is posted (action), a choice of the form
    around the menu (name, value), or a button that opens a dialog of the page (opens)."""
    component = Engine.get_default().get_template("ui/menu-item.html")
    tone = "" if attrs.get("danger") else "text-muted"
    token = context.get("csrf_token")
    return component.render(
        context.new({"label": label, "tone": tone, "csrf_token": token, **attrs})
    )


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("icons.svg")


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, classes: str = "") -> SafeString:
    """An icon of the sprite; it says nothing to a screen reader."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>',
        f"icon {classes}".rstrip(), _sprite(), name,
    )  # fmt: skip


@register.filter
def arrowed(text: Any) -> SafeString:
    """The text with each "old → new" shown with the icon, which has a word for screen readers."""
    between = format_html(
        ' {}<span class="sr-only">{}</span> ',
        icon("arrow-right", "icon-sm inline"),
        _("to"),
    )
    parts = str(text).split(" → ")
    return format_html_join(between, "{}", ((part,) for part in parts))


@register.simple_tag(takes_context=True)
def team_url(context: Context, name: str, **kwargs: Any) -> str:
    """The URL of a view of the team the page belongs to, or of the one its frame shows."""
    return reverse(name, kwargs={"team_slug": context["team"].slug, **kwargs})


@lru_cache(maxsize=4096)
def hue_of(name: str) -> int:
    """Return the hue of a name's avatar, always the same one."""
    return HUES[crc32(name.encode()) % len(HUES)]


@lru_cache(maxsize=4096)
def initials_of(name: str) -> str:
    """Return one or two letters that stand for the name."""
    words = [word for word in name.split() if word[0].isalnum()] or [
        name.strip() or "?"
    ]
    letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
    return letters.upper()


@register.filter
def hue(name: Any) -> int:
    return hue_of(str(name))


@register.filter
def initials(name: Any) -> str:
    return initials_of(str(name))


@register.simple_tag
def avatar(
    name: Any, size: str = "size-6 text-2xs", *, label: str = "", company: bool = False
) -> SafeString:
    """Initials on a tint. Beside the name it is decoration; alone it needs a label."""
    text = str(name)
    shape = "rounded-md" if company else ""
    letters = initials_of(text)[:1] if company else initials_of(text)
    if label:
        return format_html(
            '<span class="avatar-i {} tint-{} {}" role="img" aria-label="{}" title="{}">{}</span>',
            shape, hue_of(text), size, label, label, letters,
        )  # fmt: skip
    return format_html(
        '<span class="avatar-i {} tint-{} {}" aria-hidden="true">{}</span>',
        shape,
        hue_of(text),
        size,
        letters,
    )


@register.simple_tag
def stage_pill(stage: Any) -> SafeString | str:
    """A stage (anything with name and hue) as a pill; nothing for none."""
    if not stage:
        return ""
    return format_html(
        '<span class="pill tint-{}"><span class="dot-{} size-1.5 rounded-full"></span>{}</span>',
        stage.hue, stage.hue, stage.name,
    )  # fmt: skip


def _month(day: date) -> str:
    return str(MONTHS_3[day.month]).title()


def _day(day: date, today: date) -> str:
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    if day.year == today.year:
        return f"{WEEKDAYS_ABBR[day.weekday()]} {day.day} {_month(day)}"
    return f"{day.day} {_month(day)} {day.year}"


def when_text(
    value: date, *, at: datetime | None = None, time: bool = True, full: bool = False
) -> str:
    """Return a day or moment as people say it: "Today, 08:42", "Thu 19 Nov", "19 Nov 2024".

    In the zone in force; the year only when it is not this one. `time` adds the time of day to
    moments of today and yesterday, `full` to all moments.
    """
    zone = timezone.get_current_timezone()
    today = (at.astimezone(zone) if at else datetime.now(zone)).date()
    if not isinstance(value, datetime):
        return _day(value, today)
    local = value.astimezone(zone)
    day = local.date()
    near = day == today or day == today - timedelta(days=1)
    text = _day(day, today)
    return f"{text}, {local:%H:%M}" if full or (time and near) else text


@register.simple_tag
def when(
    value: date | None, *, time: bool = True, full: bool = False
) -> SafeString | str:
    """A day or moment as a <time> element, titled with all of it; nothing for none."""
    if value is None:
        return ""
    text = when_text(value, time=time, full=full)
    exact, clock = value.isoformat(), ""
    if isinstance(value, datetime):
        value = value.astimezone(timezone.get_current_timezone())
        exact, clock = value.isoformat(timespec="minutes"), f", {value:%H:%M}"
    title = f"{value.day} {_month(value)} {value.year}{clock}"
    return format_html('<time datetime="{}" title="{}">{}</time>', exact, title, text)


@register.filter(name="when_text")
def when_text_filter(value: date | None) -> str:
    return when_text(value) if value else ""


@register.filter
def in_sentence(label: Any) -> str:
    """A label inside a sentence: "Buying role" as "buying role", "LinkedIn" as it is."""
    text = str(label)
    return text if text[1:] != text[1:].lower() else text.lower()


@register.filter
def dial(number: str) -> str:
    """A phone number as the target of a tel: link."""
    return "tel:" + "".join(c for c in number if c.isdigit() or c == "+")


@register.simple_tag(takes_context=True)
def toasts(context: Context) -> list[dict[str, Any]]:
    """The pending messages, each with text, undo and error as the page shows them."""
    request = context.get("request")
    return (
        [toast_detail(message) for message in get_messages(request)] if request else []
    )
