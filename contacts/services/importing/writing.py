"""Writing a plan: a handful of set-based statements for thousands of rows, in the caller's transaction."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactPhone,
    ListEntry,
)
from contacts.services import deletion, indexing
from contacts.services.importing import targets
from contacts.services.importing.companies import (
    Company,
    create_companies,
    fill_companies,
)
from contacts.services.importing.known import Known
from contacts.signals import contacts_changed, contacts_created
from crm.jobs.registry import TryAgain
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.text import fold
from layouts.kinds.base import VALUE_COLUMNS

WRITTEN_IDS = ("stage", "owner")
# Columns that every new contact gets the same value in.
SHARED = [
    "source",
    "source_detail",
    "created_at",
    "created_by",
    "updated_at",
    "version",
]
CREATED = ["id", *targets.COLUMNS, "account", *indexing.INDEXED, *WRITTEN_IDS, *SHARED]
ADDED_EMAIL = ["contact", "email", "email_norm", "kind", "status", "status_source"]
ADDED_EMAIL += ["position", "is_live"]
ADDED_PHONE = ["contact", "number", "extension", "kind", "position"]


@dataclass(frozen=True, kw_only=True)
class Writer:
    """What is the same for every chunk of an import."""

    columns: Sequence[str]  # of contacts that the file fills
    references: Sequence[str]  # of WRITTEN_IDS those that it fills
    fields: Mapping[int, int]  # place in the mapping -> custom field
    account_columns: Sequence[str]  # of accounts, that the file fills
    stage_id: int  # of new contacts that the file says nothing about, as the owner
    owner_id: int | None
    list_id: int | None
    source_detail: str
    by: Membership | None

    def write(
        self, met: Iterable[Known], companies: Sequence[Company], *, at: datetime
    ) -> None:
        """Write what the plan decided about contacts and their companies, and give new ones their pk.

        Raise TryAgain if somebody changed one of them meanwhile.
        """
        fill_companies(companies, columns=self.account_columns, at=at)
        met = list(met)
        self._restore([known for known in met if known.restored], at=at)
        new = [known for known in met if known.is_new]
        changed = [known for known in met if known.is_changed and not known.is_new]
        self._set_accounts([*new, *changed], at=at)
        self._create(new, at=at)
        self._update(changed, at=at)
        self._add_addresses([*new, *changed])
        self._add_values([*new, *changed])
        self._join_list(met)
        self._tell(new, changed, at=at)

    def _restore(self, binned: Sequence[Known], *, at: datetime) -> None:
        if not binned:
            return
        pks = [known.pk for known in binned]
        done = deletion.restore_contacts(contact_ids=pks, by=None, at=at)
        if len(done.restored) < len(binned):
            raise TryAgain
        for known in binned:
            known.version += 1

    def _set_accounts(self, contacts: Sequence[Known], *, at: datetime) -> None:
        named = {known.company: None for known in contacts if known.company}
        create_companies(list(named), by_id=self.by.pk if self.by else None, at=at)
        for known in contacts:
            if known.company:
                known.account_id = known.company.pk
                known.company_name = known.company.name

    def _create(self, new: Sequence[Known], *, at: datetime) -> None:
        if not new:
            return
        for known, pk in zip(new, bulk.reserve_ids(Contact, len(new)), strict=True):
            known.pk = pk
        shared = (
            Contact.Source.IMPORT,
            self.source_detail,
            at,
            self.by.pk if self.by else None,
            at,
            1,
        )
        empty = dict.fromkeys(targets.COLUMNS, "")
        bulk.copy_rows(
            Contact,
            CREATED,
            (
                (
                    known.pk,
                    *(empty | known.values).values(),
                    known.account_id,
                    *indexed(known),
                    known.stage_id or self.stage_id,
                    known.owner_id or self.owner_id,
                    *shared,
                )
                for known in new
            ),
        )

    def _update(self, changed: Sequence[Known], *, at: datetime) -> None:
        if not changed:
            return
        columns = [*self.columns, *self.references, "account", *indexing.INDEXED]
        columns.append("updated_at")
        rows = (
            (
                known.pk,
                known.version,
                *(known.values[column] for column in self.columns),
                *(getattr(known, f"{name}_id") for name in self.references),
                known.account_id,
                *indexed(known),
                at,
            )
            for known in changed
        )
        if bulk.update_rows(Contact, columns, rows) < len(changed):
            raise TryAgain

    def _add_addresses(self, contacts: Sequence[Known]) -> None:
        unknown = ContactEmail.Status.UNKNOWN
        bulk.copy_rows(
            ContactEmail,
            ADDED_EMAIL,
            (
                (known.pk, *email, unknown, self.source_detail[:80], position, True)
                for known in contacts
                for position, email in _placed(known.added_emails, known.emails)
            ),
        )
        bulk.copy_rows(
            ContactPhone,
            ADDED_PHONE,
            (
                (known.pk, *phone, position)
                for known in contacts
                for position, phone in _placed(known.added_phones, known.phones)
            ),
        )

    def _add_values(self, contacts: Sequence[Known]) -> None:
        stale = [pk for known in contacts for pk in known.stale_values]
        if stale:
            ContactFieldValue.objects.filter(pk__in=stale).delete()
        bulk.copy_rows(
            ContactFieldValue,
            ["contact", "field", *VALUE_COLUMNS],
            (
                (known.pk, self.fields[place], *value)
                for known in contacts
                for place, value in known.added_custom.items()
            ),
        )

    def _join_list(self, contacts: Sequence[Known]) -> None:
        if self.list_id is None:
            return
        ListEntry.objects.bulk_create(
            (
                ListEntry(contact_id=known.pk, list_id=self.list_id, added_by=self.by)
                for known in contacts
            ),
            ignore_conflicts=True,
        )

    def _tell(
        self, new: Sequence[Known], changed: Sequence[Known], *, at: datetime
    ) -> None:
        if new:
            pks = [known.pk for known in new]
            contacts_created.send(sender=Contact, contact_ids=pks, by=self.by, at=at)
        if changed:
            pks = [known.pk for known in changed]
            contacts_changed.send(sender=Contact, contact_ids=pks, by=self.by, at=at)


def indexed(known: Known) -> tuple[str, ...]:
    """Return the values of indexing.INDEXED, in that order."""
    values = known.values
    primary_phone = known.phones[0][0] if known.phones else ""
    name = indexing.full_name(
        values.get("first_name", ""),
        values.get("last_name", ""),
        fallback=known.primary_email or primary_phone or values.get("external_id", ""),
    )[:201]
    title, company = values.get("title", ""), known.company_name
    return (
        name,
        fold(name)[:201],
        _folded(title),
        _folded(company),
        known.primary_email,
        primary_phone,
        indexing.search_text(
            name=name,
            title=title,
            company=company,
            emails=known.emails,
            phones=[number for number, _extension in known.phones],
        ),
    )


@lru_cache(maxsize=16_384)
def _folded(text: str) -> str:
    return fold(text)[:200]


def _placed(
    added: Sequence[tuple[Any, ...]], all_of_them: Sequence[Any]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Return the added addresses with their places behind those that were there."""
    return enumerate(added, start=len(all_of_them) - len(added))
