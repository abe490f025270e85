"""Filters by the company that somebody works for: the account of a contact, the directory's of a person."""

from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Account, Organization
from contacts.queries import choice_filters as kinds
from contacts.queries.choice_filters import NONE, ids
from contacts.queries.filters import Choice, Filter, Group, Now
from crm.text import fold

OFFERED = 20
HEADCOUNTS = {
    "1-10": (1, 10),
    "11-50": (11, 50),
    "51-200": (51, 200),
    "201-500": (201, 500),
    "501-1000": (501, 1000),
    "1001-5000": (1001, 5000),
    "5001-10000": (5001, 10_000),
    "10001-": (10_001, 2**31 - 1),
}


def _sizes() -> list[Choice]:
    found = [
        Choice(key, f"{first:,} – {last:,}")
        for key, (first, last) in HEADCOUNTS.items()
    ]
    return [
        *found[:-1],
        Choice("10001-", "10,001 +"),
        Choice(NONE, gettext_lazy("Is empty")),
    ]


def search_accounts(typed: str) -> list[Choice]:
    """Return accounts whose name or domain contains the text; none before something is typed."""
    if not typed.strip():
        return []
    found = Account.objects.search(fold(typed)).for_picker()[:OFFERED]
    return [
        Choice(str(account.pk), account.name, note=account.domain_text)
        for account in found
    ]


def _people_of_accounts(rows: QuerySet, value: tuple[str, ...], now: Now) -> QuerySet:
    accounts = Account.objects.filter(pk__in=ids(value), organization__isnull=False)
    wanted = Q(organization__in=accounts.values("organization"))
    if NONE in value:
        wanted |= Q(organization__isnull=True)
    return rows.filter(wanted)


def _with_company(
    reference: str, companies: Any, rows: QuerySet, *, empty: Q | None
) -> QuerySet:
    wanted = Q(**{f"{reference}__in": companies.values("pk")})
    if empty is not None:
        wanted |= Q(**{f"{reference}__isnull": True}) | Q(
            **{f"{reference}__in": _all(companies.model).filter(empty).values("pk")}
        )
    return rows.filter(wanted)


def _all(model: Any) -> QuerySet:
    return model.objects.all()


def _narrow_by_industry(
    reference: str, model: Any, rows: QuerySet, value: tuple[str, ...], now: Now
) -> QuerySet:
    named = [text for text in value if text != NONE]
    companies = _all(model).filter(industry__in=named)
    empty = Q(industry="") if NONE in value else None
    return _with_company(reference, companies, rows, empty=empty)


def _narrow_by_headcount(
    reference: str, model: Any, rows: QuerySet, value: tuple[str, ...], now: Now
) -> QuerySet:
    wanted = Q(pk__in=[])
    for key in value:
        if key in HEADCOUNTS:
            wanted |= Q(headcount__range=HEADCOUNTS[key])
    companies = _all(model).filter(wanted)
    empty = Q(headcount__isnull=True) if NONE in value else None
    return _with_company(reference, companies, rows, empty=empty)


def company_filters() -> list[Filter]:
    """Return the filters on companies (product.md P4)."""
    return [
        kinds.choice_filter(
            "account",
            gettext_lazy("Account"),
            source="account",
            template="picker",
            search=search_accounts,
            contacts=kinds.by_key("account"),
            people=_people_of_accounts,
            group=Group.COMPANY,
            order=10,
        ),
        kinds.value_filter(
            "industry",
            gettext_lazy("Industry"),
            columns=[(Account, "industry"), (Organization, "industry")],
            contacts=partial(_narrow_by_industry, "account", Account),
            people=partial(_narrow_by_industry, "organization", Organization),
            group=Group.COMPANY,
            order=20,
        ),
        kinds.fixed_filter(
            "headcount",
            gettext_lazy("Headcount"),
            choices=_sizes(),
            contacts=partial(_narrow_by_headcount, "account", Account),
            people=partial(_narrow_by_headcount, "organization", Organization),
            group=Group.COMPANY,
            order=30,
        ),
    ]
