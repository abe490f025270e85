"""Into the bin and out of it again, for one contact and for thousands alike: no query per contact."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from contacts import departures
from contacts.models import Contact, ContactEmail, HeldBack
from contacts.services import blocking
from contacts.signals import contacts_deleted, contacts_restored
from crm.history.services.recording import recorded
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf


class NotAllowed(Exception):
    """The role does not reach as far as one of these contacts."""


@dataclass
class Restoration:
    """Which contacts came back, and why others did not."""

    restored: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # id -> reason
    holders: dict[int, int] = field(
        default_factory=dict
    )  # refused -> who has its place


@recorded("contact.delete")
def delete_contacts(
    *, contact_ids: Collection[int], by: Membership, at: datetime
) -> list[int]:
    """Move the contacts to the bin; they leave what is registered in contacts.departures.

    Their e-mail addresses are free again, their persons are not net new for a while (product.md
    D2). Return the ids of those that were not in the bin already. Raise NotAllowed, before anything
    is written, if `by` may not delete one of them. Sends contacts_deleted.
    """
    contacts = Contact.objects.saved().filter(AnyOf(F("pk"), contact_ids))
    found = _locked(contacts)
    _check(found, by)
    if found:
        _delete(found, by=by, at=at)
    return found


def _delete(found: list[int], *, by: Membership, at: datetime) -> None:
    departures.leave(found, by=by, at=at)
    ContactEmail.objects.filter(AnyOf(F("contact_id"), found)).update(is_live=False)
    _hold_back(found, at=at)
    Contact.objects.filter(AnyOf(F("pk"), found)).update(
        deleted_at=at, deleted_by=by, version=F("version") + 1, updated_at=at
    )
    contacts_deleted.send(sender=Contact, contact_ids=found, by=by, at=at)


def _hold_back(found: list[int], *, at: datetime) -> None:
    # Also the persons of the contacts that were merged into these.
    persons = [
        person
        for column in ("pk", "merged_into_id")
        for person in _persons(column, found)
    ]
    HeldBack.objects.filter(AnyOf(F("person_id"), persons)).delete()
    until = at + timedelta(hours=settings.DELETION_HOLDBACK_HOURS)
    bulk.copy_rows(
        HeldBack, ["person", "until"], ((person, until) for person in set(persons))
    )


def hold_merged_persons(survivors: Collection[int]) -> None:
    """Keep the persons of contacts that were merged into these from being net new, for good."""
    persons = set(_persons("merged_into_id", survivors))
    HeldBack.objects.filter(AnyOf(F("person_id"), persons)).delete()
    bulk.copy_rows(HeldBack, ["person"], ((person,) for person in persons))


def _persons(column: str, ids: Collection[int]) -> Iterable[int]:
    contacts = Contact.objects.filter(AnyOf(F(column), ids)).exclude(person=None)
    return contacts.values_list("person_id", flat=True)


@recorded("contact.restore")
def restore_contacts(
    *,
    contact_ids: Collection[int],
    by: Membership | None,
    at: datetime,
    put_back: Collection[str] | None = None,
) -> Restoration:
    """Take the contacts out of the bin, back into what they left.

    `put_back` names what they return to, by keys of contacts.departures; None is all of it. A
    contact whose e-mail address, directory person or outside id belongs to another contact by now,
    or who is known by what a forgotten person was, stays where it is, with the reason. `by` is None
    for jobs, which may restore any. Raise NotAllowed, before anything is written, if `by` may not
    restore one of them. Sends contacts_restored.
    """
    found = _locked(Contact.objects.deleted().filter(AnyOf(F("pk"), contact_ids)))
    if by is not None:
        _check_restorable(found, by)
    done = what_stands_in_the_way(found)
    _refuse_forgotten(found, done)
    done.restored = [pk for pk in found if pk not in done.refused]
    if done.restored:
        _restore(done.restored, by=by, at=at, put_back=put_back)
    return done


def what_stands_in_the_way(found: list[int]) -> Restoration:
    """Return which of these deleted contacts cannot come back as things are, and why."""
    done = Restoration()
    _find_taken(found, done)
    return done


def _refuse_forgotten(found: list[int], done: Restoration) -> None:
    """Leave whoever asked to be forgotten since where they are (product.md D4)."""
    rows = Contact.objects.filter(AnyOf(F("pk"), found))
    for pk in blocking.blocked_contacts(rows):
        done.refused[pk] = blocking.reason()
        done.holders.pop(pk, None)


def _restore(
    back: list[int],
    *,
    by: Membership | None,
    at: datetime,
    put_back: Collection[str] | None,
) -> None:
    contacts = Contact.objects.filter(AnyOf(F("pk"), back))
    contacts.update(
        deleted_at=None, deleted_by=None, version=F("version") + 1, updated_at=at
    )
    ContactEmail.objects.filter(AnyOf(F("contact_id"), back)).update(is_live=True)
    HeldBack.objects.filter(person__in=contacts.values("person")).delete()
    hold_merged_persons(back)
    departures.come_back(back, by=by, at=at, put_back=put_back)
    contacts_restored.send(sender=Contact, contact_ids=back, by=by, at=at)


def _locked(contacts: QuerySet) -> list[int]:
    """Lock the contacts, always in the same order, and return their ids."""
    rows = contacts.order_by("pk").select_for_update(of=("self",))
    return list(rows.values_list("pk", flat=True))


def _check(found: list[int], by: Membership) -> None:
    allowed = Contact.objects.filter(AnyOf(F("pk"), found)).deletable_by(by)
    if allowed.count() < len(found):
        raise NotAllowed


def _check_restorable(found: list[int], by: Membership) -> None:
    allowed = Contact.objects.filter(AnyOf(F("pk"), found)).restorable_by(by)
    if allowed.count() < len(found):
        raise NotAllowed


def _find_taken(found: list[int], done: Restoration) -> None:
    """Refuse every contact that another one replaced meanwhile, or one of these."""
    _find_taken_columns(found, done)
    rows = ContactEmail.objects.filter(AnyOf(F("contact_id"), found))
    binned = list(rows.order_by("contact_id").values_list("contact_id", "email_norm"))
    live = ContactEmail.objects.filter(
        AnyOf(F("email_norm"), {email for _pk, email in binned}), is_live=True
    )
    holders = {
        email: (pk, name)
        for email, pk, name in live.values_list(
            "email_norm", "contact_id", "contact__name"
        )
    }
    for pk, email in binned:
        if pk not in done.refused and email in holders:
            holder, name = holders[email]
            done.refused[pk] = _("%(email)s belongs to %(name)s now.") % {
                "email": email,
                "name": name,
            }
            done.holders[pk] = holder
    _leave_one_each(binned, done)


def _leave_one_each(binned: list[tuple[int, str]], done: Restoration) -> None:
    """Of several contacts with one address only the first comes back."""
    first: dict[str, int] = {}
    for pk, email in binned:
        if pk not in done.refused and first.setdefault(email, pk) != pk:
            reason = _("%s belongs to another contact that is restored.")
            done.refused[pk], done.holders[pk] = reason % email, first[email]


def _find_taken_columns(found: list[int], done: Restoration) -> None:
    columns = {
        "external_id": _("Another contact has its ID in another system."),
        "person_id": _("The person was saved again as another contact."),
    }
    rows = Contact.objects.filter(AnyOf(F("pk"), found)).order_by("pk")
    own = list(rows.values("pk", *columns))
    for column, reason in columns.items():
        values = {row["pk"]: row[column] for row in own if row[column]}
        holders = _saved_by(column, values.values()) if values else {}
        for pk, value in values.items():
            if value in holders:
                done.refused.setdefault(pk, reason)
                done.holders.setdefault(pk, holders[value])
            holders.setdefault(value, pk)


def _saved_by(column: str, values: Iterable[Any]) -> dict[Any, int]:
    """Return value -> the saved contact that has it in the column."""
    found = Contact.objects.saved().filter(AnyOf(F(column), set(values)))
    return dict(found.values_list(column, "pk"))
