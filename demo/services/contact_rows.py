"""A made-up contact as rows of the tables it is spread over."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from accounts.models import Account
from accounts.services import index_account
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactPhone,
    LeftList,
    ListEntry,
)
from contacts.services import indexing
from crm.tenancy.models import TeamModel
from crm.text import fold
from demo.services.directory import profile_url
from demo.services.inventing import Company, Inventor, Someone
from demo.services.loading import fill_table
from demo.services.material import material
from demo.services.teams import Cast
from layouts.models.values import SORTED_LENGTH

Status, EmailKind = ContactEmail.Status, ContactEmail.Kind
PhoneKind = ContactPhone.Kind

# In the order they are written: each refers to those before it.
TABLES: list[type[TeamModel]] = [
    Account,
    Contact,
    ContactEmail,
    ContactPhone,
    ContactFieldValue,
    ListEntry,
    LeftList,
]

_UNTOUCHED = ["Cold"] * 18 + ["Do Not Contact", "Bad Data"]
_TOUCHED = [
    *["Approaching"] * 30,
    *["Replied"] * 18,
    *["Interested"] * 20,
    *["Not Interested"] * 12,
    *["Unresponsive"] * 12,
    *["Changed Job"] * 4,
    *["Do Not Contact"] * 3,
    "Bad Data",
]
_ACCOUNT_STAGES = [
    *["Cold"] * 9,
    *["Active Opportunity"] * 5,
    *["Current Client"] * 4,
    "Dead Opportunity",
    "Do Not Prospect",
]
_STATUSES = [
    *[(Status.UNKNOWN, "")] * 9,
    *[(Status.VERIFIED, "Directory")] * 7,
    *[(Status.LIKELY, "Directory")] * 2,
    (Status.BOUNCED, "Mail server"),
    (Status.INVALID, "Mail server"),
]
_STREETS = ("Harbour Street", "Mill Lane", "Station Road", "Market Square", "Quay West")
_LANGUAGES = ("English", "German", "French", "Spanish", "Portuguese", "Japanese")


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What is decided about a contact before its rows are made."""

    number: int
    pk: int
    someone: Someone
    company: Company
    account_pk: int | None
    person_pk: int | None
    owner_pk: int | None
    author_pk: int  # the member who made the record
    created_at: datetime
    last_activity_at: datetime | None
    deleted_at: datetime | None

    @property
    def source(self) -> Contact.Source:
        if self.person_pk:
            return Contact.Source.DIRECTORY
        return Contact.Source.IMPORT if self.number % 2 else Contact.Source.MANUAL

    @property
    def source_detail(self) -> str:
        """The name of the imported file."""
        files = material().files
        is_imported = self.source == Contact.Source.IMPORT
        return files[self.number // 2 % len(files)] if is_imported else ""


class Rows:
    """Collects the rows of a batch, table by table."""

    def __init__(self, cast: Cast, inventor: Inventor, at: datetime) -> None:
        self.cast = cast
        self.inventor = inventor
        self.at = at
        self.tables: dict[type[TeamModel], list[dict[str, Any]]] = defaultdict(list)
        everybody = [member.pk for member in cast.members[:4]]
        owner, admin, manager, rep = everybody
        self.owners = [*[owner] * 3, admin, *[manager] * 2, *[rep] * 5, None]
        self.contract_ends = [
            at.date() + timedelta(days=days) for days in range(10, 400, 13)
        ]

    def write(self) -> None:
        """Copy what was collected into the tables, and start anew."""
        for model in TABLES:
            if rows := self.tables[model]:
                fill_table(model, rows=rows, at=self.at)
        self.tables.clear()

    def add_account(
        self, pk: int, company: Company, organization_pk: int | None
    ) -> None:
        account = Account(name=company.name, domain=company.domain)
        index_account(account)
        self.tables[Account].append(
            {
                "id": pk,
                "name": company.name,
                "name_sort": account.name_sort,
                "search_text": account.search_text,
                "domain": company.domain,
                "website": f"https://{company.domain}",
                "industry": company.industry,
                "headcount": company.headcount,
                "phone": company.phone,
                "city": company.city.name,
                "region": company.city.region,
                "country": company.country.code,
                "stage": self.cast.account_stages[self.inventor.pick(_ACCOUNT_STAGES)],
                "owner": self.inventor.pick(self.owners),
                "organization": organization_pk,
            }
        )

    def add_contact(self, draft: Draft) -> None:
        emails, phones = self._emails(draft), self._phones(draft)
        self._add_contact_row(draft, emails, phones)
        self._add_addresses(draft, emails, phones)
        self._add_lists(draft)
        self._add_values(draft)

    def _emails(self, draft: Draft) -> list[str]:
        number, address = draft.number, draft.someone.email
        emails = [] if number % 12 == 5 else [address]
        if number % 7 == 3:
            local = address.partition("@")[0]
            emails.append(f"{local}.{number}@letterbox.example")
        return emails

    def _phones(self, draft: Draft) -> list[str]:
        number, someone = draft.number, draft.someone
        phones = [] if number % 6 == 1 else [someone.landline]
        if number % 5 == 2:
            phones.append(someone.mobile)
        return list(dict.fromkeys(phones))

    def _add_contact_row(
        self, draft: Draft, emails: list[str], phones: list[str]
    ) -> None:
        number, someone = draft.number, draft.someone
        name = indexing.full_name(someone.first_name, someone.last_name)
        company = draft.company.name if draft.account_pk else ""
        stages = _TOUCHED if draft.last_activity_at else _UNTOUCHED
        row = {
            "id": draft.pk,
            "first_name": someone.first_name,
            "last_name": someone.last_name,
            "name": name,
            "title": someone.title,
            "seniority": someone.seniority,
            "department": someone.department,
            "account": draft.account_pk,
            "person": draft.person_pk,
            "external_id": f"CRM-{number:07d}" if number % 9 == 4 else "",
            **self._place(draft),
            **self._links(draft),
            "stage": self.cast.stages[self.inventor.pick(stages)],
            "owner": draft.owner_pk,
            "source": draft.source,
            "source_detail": draft.source_detail,
            "last_activity_at": draft.last_activity_at,
            "created_at": draft.created_at,
            "created_by": draft.author_pk,
            "deleted_at": draft.deleted_at,
            "deleted_by": draft.author_pk if draft.deleted_at else None,
            "name_sort": fold(name)[:201],
            "title_sort": fold(someone.title)[:200],
            "account_sort": fold(company)[:200],
            "primary_email": emails[0] if emails else "",
            "primary_phone": phones[0] if phones else "",
            "search_text": indexing.search_text(
                name=name,
                title=someone.title,
                company=company,
                emails=emails,
                phones=phones,
            ),
        }
        self.tables[Contact].append(row)

    def _place(self, draft: Draft) -> dict[str, str]:
        """Return where somebody is; of a few nobody knows."""
        number, (city, region, zone, _phone) = draft.number, draft.someone.city
        street = f"{1 + number % 180} {_STREETS[number % len(_STREETS)]}"
        place = {
            "city": city,
            "region": region,
            "country": draft.someone.country.code,
            "address": street if number % 4 == 2 else "",
            "time_zone": zone,
        }
        return dict.fromkeys(place, "") if number % 40 == 7 else place

    def _links(self, draft: Draft) -> dict[str, str]:
        number, email = draft.number, draft.someone.email
        handle = email.partition("@")[0].replace(".", "_")
        links = {
            "linkedin_url": (profile_url(email), number % 5 != 1),
            "x_url": (f"https://x.com/made_up_{handle}_{number}", number % 6 == 2),
            "github_url": (f"https://github.com/made-up-{number}", number % 20 == 3),
            "website": (f"https://{draft.company.domain}/team", number % 15 == 6),
        }
        return {
            name: url if is_known else "" for name, (url, is_known) in links.items()
        }

    def _add_addresses(
        self, draft: Draft, emails: list[str], phones: list[str]
    ) -> None:
        is_live = draft.deleted_at is None
        for position, email in enumerate(emails):
            status, by = self.inventor.pick(_STATUSES)
            kind = EmailKind.PERSONAL if position else EmailKind.WORK
            since = (draft.last_activity_at or draft.created_at) if by else None
            self.tables[ContactEmail].append(
                {
                    "contact": draft.pk,
                    "email": email,
                    "email_norm": email,
                    "kind": kind,
                    "status": status,
                    "status_at": since,
                    "status_source": by,
                    "position": position,
                    "is_live": is_live,
                }
            )
        for position, number in enumerate(phones):
            is_mobile = number == draft.someone.mobile
            has_extension = draft.number % 30 == 9 and not position
            self.tables[ContactPhone].append(
                {
                    "contact": draft.pk,
                    "number": number,
                    "extension": "204" if has_extension else "",
                    "kind": PhoneKind.MOBILE if is_mobile else PhoneKind.WORK,
                    "position": position,
                }
            )

    def _add_lists(self, draft: Draft) -> None:
        lists, number = self.cast.lists, draft.number
        chosen = {lists[number // 3 % len(lists)]} if number % 3 == 0 else set()
        if number % 10 == 4:
            chosen.add(lists[number // 10 % len(lists)])
        for list_pk in sorted(chosen):
            entry: dict[str, Any] = {"list": list_pk, "contact": draft.pk}
            if draft.deleted_at:
                self.tables[LeftList].append(entry)
            else:
                entry |= {"added_by": draft.author_pk, "added_at": draft.created_at}
                self.tables[ListEntry].append(entry)

    def _add_values(self, draft: Draft) -> None:
        number = draft.number
        if number % 5 < 2:
            self._add_value(draft, "number", number=10.0 + number * 37 % 89)
        if number % 10 in (0, 3, 6):
            language = _LANGUAGES[number // 10 % len(_LANGUAGES)]
            self._add_value(draft, "text", text=language)
        if number % 7 == 0:
            ends = self.contract_ends[number % len(self.contract_ends)]
            self._add_value(draft, "date", day=ends)
        if number % 13 == 4:
            self._add_value(draft, "url", text=f"https://calendar.example/{number}")

    def _add_value(
        self,
        draft: Draft,
        kind: str,
        *,
        text: str = "",
        number: float | None = None,
        day: date | None = None,
    ) -> None:
        self.tables[ContactFieldValue].append(
            {
                "contact": draft.pk,
                "field": self.cast.fields[kind],
                "text_value": text,
                "text_sort": fold(text)[:SORTED_LENGTH],
                "number_value": number,
                "date_value": day,
            }
        )
