"""Filters by what a text contains: name, title, location; and yes or no."""

from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models.search import telling_part
from contacts.queries import countries, filters
from contacts.queries.choice_filters import FACETS, MAX_TEXT
from contacts.queries.filters import BadFilter, Choice, Choices, Filter, Now
from crm.templatetags.ui import in_sentence
from crm.text import fold

_MAX_TEXTS = 10


def _clean_contained(key: str, empty: str, params: QueryDict) -> dict[str, Any] | None:
    typed = ",".join(filters.clean_values(params, key)).replace("\x00", "")
    texts = (" ".join(part.split())[:MAX_TEXT] for part in typed.split(","))
    value: dict[str, Any] = {"texts": list(dict.fromkeys(filter(None, texts)))}
    if len(value["texts"]) > _MAX_TEXTS:
        raise BadFilter(_("at most %s texts can be looked for at once") % _MAX_TEXTS)
    # The index holds letters and digits; punctuation alone would be looked for in every row.
    unknown = (t for t in value["texts"] if not any(map(str.isalnum, fold(t))))
    if text := next(unknown, ""):
        raise BadFilter(_("“%s” has neither a letter nor a digit") % text)
    value["empty"] = bool(params.get(empty))
    return value if any(value.values()) else None


def _describe_contained(value: dict[str, Any], choices: Choices) -> str:
    parts = [_("contains %s") % _("“%s”") % text for text in value["texts"][:1]]
    parts += [_("or “%s”") % text for text in value["texts"][1:]]
    if value["empty"]:
        parts.append(_("or empty") if parts else _("is empty"))
    return " ".join(parts)


def _narrow_contained(
    column: str, rows: QuerySet, value: dict[str, Any], now: Now
) -> QuerySet:
    """Return the rows whose folded column contains a text; the index of search_text serves it."""
    wanted = Q(**{column: ""}) if value["empty"] else Q()
    for text in map(fold, value["texts"]):
        if len(text) > 2:
            here = Q(**{f"{column}__contains": text})
            wanted |= Q(search_text__contains=telling_part(text)) & here
            continue
        # Two characters have no trigram of their own; they find starts of words.
        starts = Q(**{f"{column}__startswith": text})
        starts |= Q(**{f"{column}__contains": f" {text}"})
        wanted |= Q(search_text__contains=f" {text}") & starts
    return rows.filter(wanted)


def contained_filter(
    key: str, label: Any, *, column: str, order: int, **more: Any
) -> Filter:
    """Return a filter by texts that a folded column contains, several with commas between them."""
    empty = f"no_{key}"
    narrow = partial(_narrow_contained, column)
    return Filter(
        key=key,
        label=label,
        template=FACETS + "contained",
        params=(key, empty),
        boxes={key: gettext_lazy("Contains")},
        empty=empty,
        clean=partial(_clean_contained, key, empty),
        describe=_describe_contained,
        contacts=narrow,
        people=narrow,
        order=order,
        **more,
    )


LOCATION = {
    "city": gettext_lazy("City"),
    "region": gettext_lazy("State or region"),
    "country": gettext_lazy("Country"),
}
NO_LOCATION = "no_location"


def clean_location(params: QueryDict) -> dict[str, str] | None:
    """Return what was typed of a place; raise BadFilter for a country that is none."""
    value = {
        name: typed
        for name in LOCATION
        if (typed := params.get(name, "").replace("\x00", "").strip()[:MAX_TEXT])
    }
    if "country" in value and not countries.codes_like(value["country"]):
        raise BadFilter(_("No country is called “%s”") % value["country"])
    if params.get(NO_LOCATION):
        value[NO_LOCATION] = "1"
    return value or None


def describe_location(value: dict[str, str], choices: Choices) -> str:
    """Return a place in words."""
    parts = [
        f"{in_sentence(LOCATION[name])} {value[name]}"
        for name in LOCATION
        if name in value
    ]
    if NO_LOCATION in value:
        parts.append(_("or empty") if parts else _("is empty"))
    return ", ".join(parts)


def narrow_by_location(rows: QuerySet, value: dict[str, str], now: Now) -> QuerySet:
    """Return the rows at a place; contact_team_location and person_location serve it."""
    # Two characters have no trigram; they find starts only.
    texts = {
        f"{name}__{'icontains' if len(value[name]) > 2 else 'istartswith'}": value[name]
        for name in ("city", "region")
        if name in value
    }
    wanted = Q(**texts)
    if "country" in value:
        wanted &= Q(country__in=countries.codes_like(value["country"]))
    if NO_LOCATION in value:
        empty = Q(city="", region="", country="")
        wanted = wanted | empty if wanted else empty
    return rows.filter(wanted)


_YES_NO = {"yes": gettext_lazy("Yes"), "no": gettext_lazy("No")}


def _clean_yes_no(param: str, params: QueryDict) -> str | None:
    value = params.get(param, "").strip()
    if value and value not in _YES_NO:
        raise BadFilter(_("“%s” is neither yes nor no") % value[:80])
    return value or None


def yes_no_filter(key: str, label: Any, *, order: int, **more: Any) -> Filter:
    """Return a filter that asks whether there is something; "no" asks for what is empty."""
    return Filter(
        key=key,
        label=label,
        template=FACETS + "yes-no",
        params=(key,),
        clean=partial(_clean_yes_no, key),
        describe=lambda value, _choices: in_sentence(_YES_NO[value]),
        offered=lambda _choices: [
            Choice(value, str(label)) for value, label in _YES_NO.items()
        ],
        order=order,
        **more,
    )
