"""Flagging values as inaccurate, and deciding about flags. Flagging changes no value (product.md C13)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Account
from contacts.models import Contact, ContactFlag
from contacts.queries.fields import (
    NEW,
    contact_fields,
)
from contacts.queries.flags import current_values, is_flaggable, kind_of, values_of
from contacts.services import editing
from crm.addresses import (
    BadEmail,
    BadPhone,
    normalize_email,
    parse_phone,
)
from crm.conflicts import Edit, Refused
from crm.history.services.recording import recorded
from crm.teams.models import Membership
from crm.tenancy.bulk import AnyOf
from layouts.kinds.base import CUSTOM_KEY, CustomValue
from layouts.queries import custom_values

MAX_ACCOUNT_NAME = 200


class AlreadyDecided(Exception):
    """Somebody else cleared the flag, or the value was changed meanwhile."""


@recorded("contact.flag")
def flag_contact(
    *,
    contact_id: int,
    suggestions: Mapping[str, str],
    reason: str,
    text: str,
    by: Membership,
    at: datetime,
) -> list[ContactFlag]:
    """Flag the values whose keys `suggestions` has, each with the right value or "".

    Raise RecordDeleted, or Refused for a value that is not there, that is flagged already, or
    that cannot be the right one.
    """
    contact = editing.lock_contact(contact_id)
    values = values_of(contact)
    known = ContactFlag.objects.open().filter(contact=contact)
    flagged = set(known.values_list("key", flat=True))
    flags = []
    for key, suggestion in suggestions.items():
        if key in flagged:
            raise Refused(_("Somebody else has just flagged this."), key=key)
        if key not in values or not is_flaggable(key):
            raise Refused(_("This value is not there any more."), key=key)
        right = _clean(key, suggestion.strip(), contact=contact, by=by)
        if right and right in (values[key].text, values[key].shown):
            raise Refused(_("This is the value that you flag."), key=key)
        pk = int(key.partition("-")[2]) if kind_of(key) in ("email", "phone") else None
        flag = ContactFlag(
            contact=contact,
            key=key,
            kind=kind_of(key),
            email_id=pk if key.startswith("email-") else None,
            phone_id=pk if key.startswith("phone-") else None,
            value=values[key].text,
            shown=values[key].shown,
            suggestion=right,
            reason=reason,
            text=text.strip(),
            flagged_by=by,
            flagged_at=at,
        )
        flag.save()
        flags.append(flag)
    return flags


@recorded("contact.unflag")
def unflag(*, contact_id: int, key: str, by: Membership, at: datetime) -> ContactFlag:
    """Take the flag off a value; raise AlreadyDecided if it has none any more."""
    contact = editing.lock_contact(contact_id)
    flag = ContactFlag.objects.open().filter(contact=contact, key=key).first()
    if flag is None:
        raise AlreadyDecided
    _clear(flag, ContactFlag.Outcome.UNFLAGGED, by=by, at=at)
    return flag


@recorded("contact.flag-accept")
def accept_flag(*, flag_id: int, by: Membership, at: datetime) -> ContactFlag:
    """Write the suggested value over the flagged one.

    Raise AlreadyDecided if the flag or the value is another one by now, RecordDeleted, or Refused
    for a value that cannot be kept; then nothing is written.
    """
    flag = _locked(flag_id)
    if not flag.suggestion or current_values([flag])[flag.pk].text != flag.value:
        raise AlreadyDecided
    # Before the value changes: what is changed by hand clears a flag too.
    _clear(flag, ContactFlag.Outcome.ACCEPTED, by=by, at=at)
    stored = editing.read_texts(flag.contact, [flag.key], by=by, at=at)[flag.key]
    edit = Edit(
        new={flag.key: _text_form(flag, stored)},
        originals={flag.key: stored},
        version=flag.contact.version,
    )
    editing.update_contact(contact_id=flag.contact_id, edit=edit, by=by, at=at)
    return flag


@recorded("contact.flag-dismiss")
def dismiss_flag(*, flag_id: int, by: Membership, at: datetime) -> ContactFlag:
    """Decide that the value is right; raise AlreadyDecided or RecordDeleted."""
    flag = _locked(flag_id)
    _clear(flag, ContactFlag.Outcome.DISMISSED, by=by, at=at)
    return flag


@recorded("contact.flag")
def reopen_flag(*, flag_id: int, by: Membership, at: datetime) -> ContactFlag:
    """Take back that a flag was dismissed or taken off; raise AlreadyDecided.

    So it is where the value was changed since, or flagged again. Raise Refused for who may not
    decide what a review decided.
    """
    flag = _locked(flag_id, is_open=False)
    if flag.outcome in ContactFlag.REVIEWED and not by.can("flags.review"):
        raise Refused(_("Your role may not decide about flags."))
    again = ContactFlag.objects.open().filter(contact=flag.contact, key=flag.key)
    if current_values([flag])[flag.pk].text != flag.value or again.exists():
        raise AlreadyDecided
    flag.cleared_at, flag.cleared_by, flag.outcome = None, None, ""
    flag.save(update_fields=["cleared_at", "cleared_by", "outcome"])
    return flag


def settle_flags(
    *, contact_ids: Collection[int], by: Membership | None, at: datetime
) -> int:
    """Clear the flags on values that are others by now; return how many.

    For one contact and for thousands: two statements at most where nothing is flagged or changed.
    """
    flags = ContactFlag.objects.open().filter(AnyOf(F("contact_id"), contact_ids))
    found = list(flags.select_related("contact__account", "email", "phone"))
    current = current_values(found)
    stale = [flag.pk for flag in found if current[flag.pk].text != flag.value]
    if stale:
        ContactFlag.objects.filter(pk__in=stale).update(
            cleared_at=at, cleared_by=by, outcome=ContactFlag.Outcome.CHANGED
        )
    return len(stale)


def _locked(flag_id: int, *, is_open: bool = True) -> ContactFlag:
    """Return the flag with its contact, both locked."""
    named = ContactFlag.objects.filter(pk=flag_id).values_list("contact_id", flat=True)
    if (contact_id := named.first()) is None:  # it went with its contact
        raise AlreadyDecided
    contact = editing.lock_contact(contact_id)
    flags = ContactFlag.objects.select_for_update(of=("self",))
    flag = flags.select_related("email", "phone").get(pk=flag_id)
    if (flag.cleared_at is None) is not is_open:
        raise AlreadyDecided
    flag.contact = contact
    return flag


def _clear(
    flag: ContactFlag, outcome: ContactFlag.Outcome, *, by: Membership, at: datetime
) -> None:
    flag.cleared_at, flag.cleared_by, flag.outcome = at, by, outcome
    flag.save(update_fields=["cleared_at", "cleared_by", "outcome"])


def _clean(key: str, text: str, *, contact: Contact, by: Membership) -> str:
    """Return the right value as it would be kept; raise Refused for what could not be."""
    if not text:
        return ""
    if key == "account":
        if len(text) > MAX_ACCOUNT_NAME or "\x00" in text:
            limit = {"limit": MAX_ACCOUNT_NAME}
            message = _("This is longer than %(limit)s characters.") % limit
            raise Refused(message, key=key)
        return text
    try:
        if key.startswith("email-"):
            return normalize_email(text)
        if key.startswith("phone-"):
            country = contact.country or contact.team.country
            return _with_extension(parse_phone(text, country=country))
    except (BadEmail, BadPhone) as bad:
        raise Refused(str(bad), key=key) from None
    field = _field(key)
    if isinstance(field, CustomValue):
        return field.parse(text, country=contact.country or contact.team.country)
    return str(field.clean(text, by=by))


def _with_extension(phone: Any) -> str:
    if not phone.extension:
        return str(phone.number)
    return f"{phone.number} ext. {phone.extension}"


def _field(key: str) -> Any:
    if not key.startswith(CUSTOM_KEY):
        return contact_fields()[key]
    named = {value.key: value for value in custom_values()}
    if key not in named:
        raise Refused(_("This field is not there any more."), key=key)
    return named[key]


def _text_form(flag: ContactFlag, stored: str) -> str:
    """Return the suggestion in the form that contacts.services.drafts reads."""
    if flag.kind in ("email", "phone"):
        kind, _bar, _address = stored.partition("|")
        return f"{kind}|{flag.suggestion}"
    if flag.key != "account":
        return flag.suggestion
    known = Account.objects.filter(name__iexact=flag.suggestion).order_by("pk")
    account = known.first()
    return str(account.pk) if account else f"{NEW}{flag.suggestion}"
