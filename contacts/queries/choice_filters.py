"""Filters with values to choose from: of what a record refers to, and of columns of text."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from contacts.queries import distinct, filters
from contacts.queries.filters import Choice, Choices, Filter, Now

NONE = "none"
ME = "me"
FACETS = "contacts/_facets.html#"
MAX_TEXT = 120
_BIGGEST_ID = 2**63 - 1
_IS_ID = re.compile(r"[0-9]{1,19}")


def ids(values: Sequence[str]) -> list[int]:
    """Return what of the values can be the id of a row."""
    return [int(v) for v in values if _IS_ID.fullmatch(v) and int(v) <= _BIGGEST_ID]


def clean_choices(param: str, params: QueryDict) -> tuple[str, ...] | None:
    """Return the chosen values, None for none."""
    return filters.clean_values(params, param) or None


def keys_of(value: Sequence[str], now: Now) -> list[int | None]:
    """Return the keys that a filter on a reference asks for, None for rows without one."""
    keys: list[int | None] = [*ids(value)]
    keys += [now.member.pk] if ME in value else []
    return keys + ([None] if NONE in value else [])


def by_key(field: str) -> Callable[..., QuerySet]:
    """Return what narrows rows by the rows that they refer to in a field."""
    return partial(_narrow_by_key, field)


def _narrow_by_key(
    field: str, rows: QuerySet, value: tuple[str, ...], now: Now
) -> QuerySet:
    keys = keys_of(value, now)
    wanted = Q(**{f"{field}__in": [key for key in keys if key is not None]})
    if None in keys:
        wanted |= Q(**{f"{field}__isnull": True})
    return rows.filter(wanted)


def _describe_choices(source: str, value: tuple[str, ...], choices: Choices) -> str:
    return filters.labels(value, choices.get(source, ()))


def choice_filter(
    key: str, label: Any, *, source: str, order: int, **more: Any
) -> Filter:
    """Return a filter with the choices that the team has under `source`."""
    return Filter(
        key=key,
        label=label,
        template=FACETS + more.pop("template", "choices"),
        params=(key,),
        clean=partial(clean_choices, key),
        describe=partial(_describe_choices, source),
        offered=lambda choices: choices.get(source, ()),
        order=order,
        **more,
    )


def fixed_filter(
    key: str, label: Any, *, choices: Sequence[Choice], order: int, **more: Any
) -> Filter:
    """Return a filter with the same few choices for every team."""
    return Filter(
        key=key,
        label=label,
        template=FACETS + "choices",
        params=(key,),
        clean=partial(clean_choices, key),
        describe=lambda value, _choices: filters.labels(value, choices),
        offered=lambda _choices: choices,
        order=order,
        **more,
    )


def clean_texts(param: str, params: QueryDict) -> tuple[str, ...] | None:
    """Return the texts that were chosen or typed, None for none."""
    values = filters.clean_values(params, param)
    cut = (value.replace("\x00", "")[:MAX_TEXT].strip() for value in values)
    return tuple(dict.fromkeys(filter(None, cut))) or None


def describe_texts(value: tuple[str, ...], choices: Choices) -> str:
    """Return the texts themselves: whatever a column holds may be asked for."""
    return ", ".join(_("is empty") if text == NONE else text for text in value)


def narrow_by_text(
    column: str, rows: QuerySet, value: tuple[str, ...], now: Now
) -> QuerySet:
    """Return the rows that have one of the texts in a column, "none" for those without any."""
    texts = ["" if text == NONE else text for text in value]
    return rows.filter(**{f"{column}__in": texts})


def value_filter(
    key: str,
    label: Any,
    *,
    columns: Sequence[tuple[type[Model], str]],
    order: int,
    **more: Any,
) -> Filter:
    """Return a filter with the values that some columns of text have."""
    return Filter(
        key=key,
        label=label,
        template=FACETS + "values",
        params=(key,),
        clean=partial(clean_texts, key),
        describe=describe_texts,
        search=partial(distinct.offered_values, columns),
        order=order,
        **more,
    )
