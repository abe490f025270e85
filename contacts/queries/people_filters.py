"""The filters on people that contacts themselves bring (product.md P4)."""

from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from contacts.models import (
    Contact,
    ContactEmail,
    ContactImport,
    ContactList,
    ContactPhone,
    ListEntry,
    Person,
)
from contacts.queries import choice_filters as kinds
from contacts.queries import local_time, moment_filters, text_filters
from contacts.queries.choice_filters import NONE, ids
from contacts.queries.company_filters import company_filters
from contacts.queries.filters import Choice, Filter, Group, Now

OFFERED = 20


def search_lists(typed: str) -> list[Choice]:
    """Return lists whose name contains the text, by name; the first ones are offered without one."""
    if not typed.strip():
        return []
    found = ContactList.objects.by_name().filter(name__icontains=typed.strip())
    return [
        Choice(str(pk), name) for pk, name in found.values_list("pk", "name")[:OFFERED]
    ]


def search_import_files(typed: str) -> list[Choice]:
    """Return the names of imported files that contain the text, newest first."""
    found = ContactImport.objects.filter(file_name__icontains=typed.strip()).order_by(
        "-pk"
    )
    names = dict.fromkeys(found.values_list("file_name", flat=True)[: 5 * OFFERED])
    return [Choice(name, name) for name in [*names][:OFFERED]]


def _entries(lists: list[int]) -> Exists:
    return Exists(ListEntry.objects.filter(contact=OuterRef("pk"), list__in=lists))


def _in_lists(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    wanted = Q(_entries(ids(value)))
    if NONE in value:
        wanted |= ~Q(Exists(ListEntry.objects.filter(contact=OuterRef("pk"))))
    return rows.filter(wanted)


def _in_all_lists(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    for pk in ids(value):
        rows = rows.filter(_entries([pk]))
    return rows


def _outside_lists(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    return rows.filter(~_entries(ids(value)))


def _with(model: Any, column: str, rows: QuerySet, value: str, now: Now) -> QuerySet:
    if value == "no":
        return rows.filter(**{column: ""})
    owned = model.objects.filter(contact=OuterRef("pk"))
    return rows.filter(Exists(owned))


def _with_text(column: str, rows: QuerySet, value: str, now: Now) -> QuerySet:
    return (
        rows.filter(**{column: ""}) if value == "no" else rows.exclude(**{column: ""})
    )


def _by_email_status(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    """Return the contacts by the status of their primary address."""
    primary = ContactEmail.objects.filter(
        contact=OuterRef("pk"), email=OuterRef("primary_email"), status__in=value
    )
    wanted = Q(Exists(primary))
    return rows.filter(wanted | Q(primary_email="") if NONE in value else wanted)


def _by_import_file(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    imported = Q(source=Contact.Source.IMPORT)
    wanted = imported & Q(source_detail__in=[name for name in value if name != NONE])
    return rows.filter(wanted | ~imported if NONE in value else wanted)


def _by_time_zone(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    """Return the rows in a zone: set by hand, or else the only one of the country (C4)."""
    wanted = Q(time_zone__in=[zone for zone in value if zone != NONE])
    wanted |= Q(time_zone="", country__in=local_time.countries_in(value))
    if NONE in value:
        wanted |= Q(time_zone="") & ~Q(country__in=local_time.countries_in(None))
    return rows.filter(wanted)


def search_time_zones(typed: str) -> list[Choice]:
    """Return time zones whose name contains the text."""
    wanted = typed.strip().lower().replace(" ", "_")
    found = [zone for zone in local_time.all_zones() if wanted in zone.lower()]
    return [Choice(zone, zone.replace("_", " ")) for zone in found[:OFFERED]]


def _one_by_name(value: tuple[str, ...], field: str) -> bool:
    """Return whether contact_team_stage or contact_team_owner serves the value in order."""
    return field == "name_sort" and len(value) == 1 and value[0] != NONE


def _by_column(column: str) -> dict[str, Any]:
    narrow = partial(kinds.narrow_by_text, column)
    return {"contacts": narrow, "people": narrow}


def _columns(column: str) -> list[Any]:
    return [(Contact, column), (Person, column)]


_EMPTY = Choice(NONE, gettext_lazy("Is empty"))

RECORD = [
    kinds.choice_filter(
        "stage",
        gettext_lazy("Stage"),
        source="stage",
        contacts=kinds.by_key("stage"),
        in_order_of=_one_by_name,
        order=10,
    ),
    kinds.choice_filter(
        "owner",
        gettext_lazy("Owner"),
        source="owner",
        contacts=kinds.by_key("owner"),
        in_order_of=_one_by_name,
        order=20,
    ),
    kinds.choice_filter(
        "list",
        gettext_lazy("In any of the lists"),
        source="list",
        template="picker",
        search=search_lists,
        contacts=_in_lists,
        order=30,
    ),
    kinds.choice_filter(
        "all_lists",
        gettext_lazy("In all of the lists"),
        source="named_list",
        template="picker",
        search=search_lists,
        contacts=_in_all_lists,
        order=31,
    ),
    kinds.choice_filter(
        "not_list",
        gettext_lazy("Not in lists"),
        source="named_list",
        template="picker",
        search=search_lists,
        contacts=_outside_lists,
        order=32,
    ),
]
PERSON = [
    text_filters.contained_filter(
        "name", gettext_lazy("Name"), column="name_sort", group=Group.PERSON, order=10
    ),
    text_filters.contained_filter(
        "title",
        gettext_lazy("Title"),
        column="title_sort",
        group=Group.PERSON,
        order=20,
    ),
    kinds.value_filter(
        "seniority",
        gettext_lazy("Seniority"),
        columns=_columns("seniority"),
        group=Group.PERSON,
        order=30,
        **_by_column("seniority"),
    ),
    kinds.value_filter(
        "department",
        gettext_lazy("Department"),
        columns=_columns("department"),
        group=Group.PERSON,
        order=40,
        **_by_column("department"),
    ),
    Filter(
        key="location",
        label=gettext_lazy("Location"),
        template=kinds.FACETS + "location",
        params=(*text_filters.LOCATION, text_filters.NO_LOCATION),
        boxes=text_filters.LOCATION,
        empty=text_filters.NO_LOCATION,
        clean=text_filters.clean_location,
        describe=text_filters.describe_location,
        contacts=text_filters.narrow_by_location,
        people=text_filters.narrow_by_location,
        group=Group.PERSON,
        order=50,
    ),
    Filter(
        key="time_zone",
        label=gettext_lazy("Time zone"),
        template=kinds.FACETS + "values",
        params=("time_zone",),
        clean=partial(kinds.clean_texts, "time_zone"),
        describe=kinds.describe_texts,
        search=search_time_zones,
        contacts=_by_time_zone,
        people=_by_time_zone,
        group=Group.PERSON,
        order=60,
    ),
]
ENGAGEMENT = [
    text_filters.yes_no_filter(
        "has_email",
        gettext_lazy("Has e-mail"),
        contacts=partial(_with, ContactEmail, "primary_email"),
        people=partial(_with_text, "email"),
        group=Group.ENGAGEMENT,
        order=10,
    ),
    kinds.fixed_filter(
        "email_status",
        gettext_lazy("E-mail status"),
        choices=[
            *(Choice(value, label) for value, label in ContactEmail.Status.choices),
            _EMPTY,
        ],
        contacts=_by_email_status,
        group=Group.ENGAGEMENT,
        order=20,
    ),
    text_filters.yes_no_filter(
        "has_phone",
        gettext_lazy("Has phone"),
        contacts=partial(_with, ContactPhone, "primary_phone"),
        people=partial(_with_text, "phone"),
        group=Group.ENGAGEMENT,
        order=30,
    ),
    moment_filters.moment_filter(
        "activity",
        gettext_lazy("Last activity"),
        field="activity_key",
        extra=(Choice(moment_filters.NEVER_ACTIVE, gettext_lazy("Never")),),
        group=Group.ENGAGEMENT,
        order=40,
    ),
]
CREATED = [
    moment_filters.moment_filter(
        "created",
        gettext_lazy("Created"),
        field="created_at",
        group=Group.CREATED,
        order=10,
    ),
    kinds.fixed_filter(
        "source",
        gettext_lazy("Source"),
        choices=[
            *(Choice(value, label) for value, label in Contact.Source.choices),
            _EMPTY,
        ],
        contacts=partial(kinds.narrow_by_text, "source"),
        group=Group.CREATED,
        order=20,
    ),
    Filter(
        key="import_file",
        label=gettext_lazy("Import file"),
        template=kinds.FACETS + "values",
        params=("import_file",),
        clean=partial(kinds.clean_texts, "import_file"),
        describe=kinds.describe_texts,
        search=search_import_files,
        contacts=_by_import_file,
        group=Group.CREATED,
        order=30,
    ),
]
FILTERS = [*RECORD, *PERSON, *company_filters(), *ENGAGEMENT, *CREATED]
