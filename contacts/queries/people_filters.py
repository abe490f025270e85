"""The filters on people that contacts themselves bring (product.md P4)."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.models import ContactEmail, ContactPhone, ListEntry
from contacts.queries import countries, filters, moment_filters
from contacts.queries.filters import BadFilter, Choice, Choices, Filter, Now

NONE = "none"
ME = "me"
_FACETS = "contacts/_facets.html#"
_BIGGEST_ID = 2**63 - 1
_IS_ID = re.compile(r"[0-9]{1,19}")
MAX_TEXT = 120


def ids(values: Sequence[str]) -> list[int]:
    """Return what of the values can be the id of a row."""
    return [int(v) for v in values if _IS_ID.fullmatch(v) and int(v) <= _BIGGEST_ID]


def _clean_choices(param: str, params: QueryDict) -> tuple[str, ...] | None:
    return filters.clean_values(params, param) or None


def _describe_choices(source: str, value: tuple[str, ...], choices: Choices) -> str:
    return filters.labels(value, choices.get(source, ()))


def keys_of(value: Sequence[str], now: Now) -> list[int | None]:
    """Return the keys that a filter on a reference asks for, None for rows without one."""
    keys: list[int | None] = [*ids(value)]
    keys += [now.member.pk] if ME in value else []
    return keys + ([None] if NONE in value else [])


def _narrow_by_key(
    field: str, rows: QuerySet, value: tuple[str, ...], now: Now
) -> QuerySet:
    keys = keys_of(value, now)
    wanted = Q(**{f"{field}__in": [key for key in keys if key is not None]})
    if None in keys:
        wanted |= Q(**{f"{field}__isnull": True})
    return rows.filter(wanted)


def _entries(lists: list[int]) -> Exists:
    return Exists(ListEntry.objects.filter(contact=OuterRef("pk"), list__in=lists))


def _in_lists(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    wanted = Q(_entries(ids(value)))
    if NONE in value:
        wanted |= ~Q(Exists(ListEntry.objects.filter(contact=OuterRef("pk"))))
    return rows.filter(wanted)


def _outside_lists(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    return rows.filter(~_entries(ids(value)))


def _choice_filter(
    key: str, label: Any, *, source: str, order: int, **more: Any
) -> Filter:
    return Filter(
        key=key,
        label=label,
        template=_FACETS + more.pop("template", "choices"),
        params=(key,),
        clean=partial(_clean_choices, key),
        describe=partial(_describe_choices, source),
        offered=lambda choices: choices.get(source, ()),
        order=order,
        **more,
    )


LOCATION = {
    "city": gettext_lazy("City"),
    "region": gettext_lazy("State or region"),
    "country": gettext_lazy("Country"),
}
NO_LOCATION = "no_location"


def _clean_location(params: QueryDict) -> dict[str, str] | None:
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


def _describe_location(value: dict[str, str], choices: Choices) -> str:
    parts = [f"{LOCATION[name]} {value[name]}" for name in LOCATION if name in value]
    if NO_LOCATION in value:
        parts.append(_("or empty") if parts else _("is empty"))
    return ", ".join(parts)


def _narrow_by_location(rows: QuerySet, value: dict[str, str], now: Now) -> QuerySet:
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


def _with(model: Any, column: str, rows: QuerySet, value: str, now: Now) -> QuerySet:
    if value == "no":
        return rows.filter(**{column: ""})
    owned = model.objects.filter(contact=OuterRef("pk"))
    return rows.filter(Exists(owned))


def _with_text(column: str, rows: QuerySet, value: str, now: Now) -> QuerySet:
    return (
        rows.filter(**{column: ""}) if value == "no" else rows.exclude(**{column: ""})
    )


def _yes_no_filter(
    key: str, label: Any, *, order: int, contacts: Any, people: Any
) -> Filter:
    return Filter(
        key=key,
        label=label,
        template=_FACETS + "yes-no",
        params=(key,),
        clean=partial(_clean_yes_no, key),
        describe=lambda value, _choices: str(_YES_NO[value]),
        offered=lambda _choices: [
            Choice(v, str(label)) for v, label in _YES_NO.items()
        ],
        contacts=contacts,
        people=people,
        order=order,
    )


def _one_by_name(value: tuple[str, ...], field: str) -> bool:
    """Return whether contact_team_stage or contact_team_owner serves the value in order."""
    return field == "name_sort" and len(value) == 1 and value[0] != NONE


def _by(field: str) -> Callable[..., QuerySet]:
    return partial(_narrow_by_key, field)


FILTERS = [
    _choice_filter(
        "stage",
        gettext_lazy("Stage"),
        source="stage",
        contacts=_by("stage"),
        in_order_of=_one_by_name,
        order=10,
    ),
    _choice_filter(
        "owner",
        gettext_lazy("Owner"),
        source="owner",
        contacts=_by("owner"),
        in_order_of=_one_by_name,
        order=20,
    ),
    _choice_filter(
        "list", gettext_lazy("Lists"), source="list", contacts=_in_lists, order=30
    ),
    _choice_filter(
        "not_list",
        gettext_lazy("Not in lists"),
        source="not_list",
        contacts=_outside_lists,
        order=31,
    ),
    _choice_filter(
        "account",
        gettext_lazy("Account"),
        source="account",
        template="accounts",
        contacts=_by("account"),
        order=40,
    ),
    Filter(
        key="location",
        label=gettext_lazy("Location"),
        template=_FACETS + "location",
        params=(*LOCATION, NO_LOCATION),
        boxes=LOCATION,
        empty=NO_LOCATION,
        clean=_clean_location,
        describe=_describe_location,
        contacts=_narrow_by_location,
        people=_narrow_by_location,
        order=50,
    ),
    _yes_no_filter(
        "has_email",
        gettext_lazy("Has e-mail"),
        contacts=partial(_with, ContactEmail, "primary_email"),
        people=partial(_with_text, "email"),
        order=60,
    ),
    _yes_no_filter(
        "has_phone",
        gettext_lazy("Has phone"),
        contacts=partial(_with, ContactPhone, "primary_phone"),
        people=partial(_with_text, "phone"),
        order=70,
    ),
    moment_filters.moment_filter(
        "activity",
        gettext_lazy("Last activity"),
        field="activity_key",
        extra=(Choice(moment_filters.NEVER_ACTIVE, gettext_lazy("Never")),),
        order=80,
    ),
    moment_filters.moment_filter(
        "created", gettext_lazy("Created"), field="created_at", order=90
    ),
]
