"""Filters by a moment: created, last activity."""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models.contacts import NEVER
from contacts.queries.filters import BadFilter, Choice, Choices, Filter, Group, Now
from crm.templatetags.ui import in_sentence

PRESETS = {
    "today": (gettext_lazy("Today"), 0),
    "7d": (gettext_lazy("Last 7 days"), 7),
    "30d": (gettext_lazy("Last 30 days"), 30),
    "90d": (gettext_lazy("Last 90 days"), 90),
    "365d": (gettext_lazy("Last 12 months"), 365),
}
NEVER_ACTIVE = "never"
_AFTER, _BEFORE = "_from", "_to"


def _clean_day(params: QueryDict, name: str) -> date | None:
    typed = params.get(name, "").strip()
    if not typed:
        return None
    try:
        day = parse_date(typed)
    except ValueError:
        day = None
    if day is None or not 1 < day.year < 9999:
        raise BadFilter(_("“%s” is not a date") % typed[:40])
    return day


def _clean_moments(
    key: str, extra: tuple[str, ...], params: QueryDict
) -> dict[str, Any] | None:
    preset = params.get(key, "").strip()
    if preset and preset not in (*PRESETS, *extra):
        raise BadFilter(_("“%s” is not offered") % preset[:80])
    value = {
        "preset": preset,
        "after": _clean_day(params, key + _AFTER),
        "before": _clean_day(params, key + _BEFORE),
    }
    after, before = value["after"], value["before"]
    if after and before and after > before:
        raise BadFilter(_("“From” is after “To”"))
    return value if any(value.values()) else None


def _describe_moments(value: dict[str, Any], choices: Choices) -> str:
    parts = []
    if value["preset"] == NEVER_ACTIVE:
        parts.append(_("never"))
    elif value["preset"]:
        parts.append(in_sentence(PRESETS[value["preset"]][0]))
    if value["after"]:
        parts.append(_("from %s") % date_format(value["after"], "j M Y"))
    if value["before"]:
        parts.append(_("to %s") % date_format(value["before"], "j M Y"))
    return ", ".join(parts)


def _start_of(day: date) -> datetime:
    """Return the first moment of a day in the zone of the person who looks."""
    return timezone.make_aware(datetime(day.year, day.month, day.day))


def _narrow_by_moment(
    field: str, rows: QuerySet, value: dict[str, Any], now: Now
) -> QuerySet:
    if value["preset"] == NEVER_ACTIVE:
        return rows.filter(**{field: NEVER})
    if value["preset"]:
        days = PRESETS[value["preset"]][1]
        first = timezone.localtime(now.at).date() - timedelta(days=days)
        rows = rows.filter(**{f"{field}__gte": _start_of(first)})
    if value["after"]:
        rows = rows.filter(**{f"{field}__gte": _start_of(value["after"])})
    if value["before"]:
        # Someone without any activity was not last active before a day.
        end = _start_of(value["before"] + timedelta(days=1))
        rows = rows.filter(**{f"{field}__lt": end, f"{field}__gt": NEVER})
    return rows


def moment_filter(
    key: str,
    label: Any,
    *,
    field: str,
    group: Group,
    order: int,
    extra: tuple[Choice, ...] = (),
) -> Filter:
    """Return a filter by the moment in a column."""
    presets = [Choice(value, label) for value, (label, _days) in PRESETS.items()]
    return Filter(
        key=key,
        label=label,
        template="contacts/_facets.html#moments",
        params=(key, key + _AFTER, key + _BEFORE),
        boxes={key + _AFTER: gettext_lazy("From"), key + _BEFORE: gettext_lazy("To")},
        clean=partial(_clean_moments, key, tuple(choice.value for choice in extra)),
        describe=_describe_moments,
        offered=lambda _choices: [*presets, *extra],
        contacts=partial(_narrow_by_moment, field),
        group=group,
        order=order,
    )
