"""How what contacts itself keeps moves from the absorbed contact to the one that is kept."""

from collections.abc import Collection

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import ngettext

from contacts import belongings
from contacts.belongings import Union
from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactFlag,
    ContactPhone,
    DuplicatePair,
    LeftList,
    ListEntry,
)
from layouts.kinds.base import CUSTOM_KEY

# Places of what moves, behind whatever is there; the merge numbers them anew at its end.
BEHIND = 1000


def _move_emails(union: Union) -> None:
    """Move the addresses that no other living contact has; the others _stay and are not live."""
    own = ContactEmail.objects.filter(contact=union.absorb)
    elsewhere = ContactEmail.objects.filter(
        Q(is_live=True) | Q(contact=union.keep), email_norm=OuterRef("email_norm")
    ).exclude(contact=union.absorb)
    own.filter(~Exists(elsewhere)).update(
        contact=union.keep, is_live=True, position=F("position") + BEHIND
    )
    own.filter(is_live=True).update(is_live=False)


def _move_phones(union: Union) -> None:
    same = ContactPhone.objects.filter(
        contact=union.keep, number=OuterRef("number"), extension=OuterRef("extension")
    )
    ContactPhone.objects.filter(~Exists(same), contact=union.absorb).update(
        contact=union.keep, position=F("position") + BEHIND
    )


def _move_lists(union: Union) -> None:
    """Move the places in lists; a list that both are in has one of them afterwards."""
    own = ListEntry.objects.filter(contact=union.absorb)
    same = ListEntry.objects.filter(contact=union.keep, list=OuterRef("list"))
    own.filter(~Exists(same)).update(contact=union.keep)
    own.delete()


def _move_values(union: Union) -> None:
    """Give the kept contact the values of custom fields that were chosen from the other."""
    fields = [
        int(key.removeprefix(CUSTOM_KEY))
        for key in union.chosen
        if key.startswith(CUSTOM_KEY)
    ]
    if not fields:
        return
    values = ContactFieldValue.objects.filter(field__in=fields)
    values.filter(contact=union.keep).delete()
    values.filter(contact=union.absorb).update(contact=union.keep)


def _move_flags(union: Union) -> None:
    """Move the flags on what moved; the kept contact's own on values that gave way are cleared."""
    flags = ContactFlag.objects.open()
    flags.filter(contact=union.keep, key__in=union.chosen).update(
        cleared_at=Now(), outcome=ContactFlag.Outcome.CHANGED
    )
    moved = Q(email__contact=union.keep) | Q(phone__contact=union.keep)
    moved |= Q(key__in=union.chosen)
    flags.filter(moved, contact=union.absorb).update(contact=union.keep)


def _move_earlier_merges(union: Union) -> None:
    """Let those that the absorbed contact had absorbed lead to the kept one: one step, not a chain."""
    Contact.objects.filter(merged_into=union.absorb).update(merged_into=union.keep)


def _move_decisions(union: Union) -> None:
    """Keep what was said about either: two people _stay two people."""
    keep = union.keep.pk
    pairs = DuplicatePair.objects.filter(Q(first=union.absorb) | Q(second=union.absorb))
    dismissed = pairs.dismissed().exclude(Q(first=keep) | Q(second=keep))
    others = {
        pair.first_id if pair.second_id == union.absorb.pk else pair.second_id: pair
        for pair in dismissed
    }
    DuplicatePair.objects.bulk_create(
        (
            DuplicatePair(
                first_id=min(keep, other),
                second_id=max(keep, other),
                match=pair.match,
                dismissed_at=pair.dismissed_at,
                dismissed_by_id=pair.dismissed_by_id,
            )
            for other, pair in others.items()
        ),
        ignore_conflicts=True,
    )
    pairs.open().delete()


def _stay(union: Union) -> None:
    """Leave the rows with the absorbed contact: they tell of it alone."""


def _count_emails(keep: int, absorbed: Collection[int]) -> int:
    emails = ContactEmail.objects.filter(contact__in=absorbed)
    had = ContactEmail.objects.filter(contact=keep).values("email_norm")
    return emails.exclude(email_norm__in=had).count()


def _count_phones(keep: int, absorbed: Collection[int]) -> int:
    same = ContactPhone.objects.filter(
        contact=keep, number=OuterRef("number"), extension=OuterRef("extension")
    )
    phones = ContactPhone.objects.filter(~Exists(same), contact__in=absorbed)
    return phones.count()


def _count_lists(keep: int, absorbed: Collection[int]) -> int:
    had = ListEntry.objects.filter(contact=keep).values("list")
    entries = ListEntry.objects.filter(contact__in=absorbed).exclude(list__in=had)
    return int(entries.aggregate(number=Count("list", distinct=True))["number"])


def register() -> None:
    """Called once from AppConfig.ready()."""
    for entry in (
        belongings.Belonging(
            key="lists",
            references=[(ListEntry, "contact")],
            move=_move_lists,
            count=_count_lists,
            say=lambda n: ngettext("%s list", "%s lists", n) % n,
            order=20,
        ),
        belongings.Belonging(
            key="emails",
            references=[(ContactEmail, "contact")],
            move=_move_emails,
            count=_count_emails,
            say=lambda n: ngettext("%s e-mail", "%s e-mails", n) % n,
            order=30,
        ),
        belongings.Belonging(
            key="phones",
            references=[(ContactPhone, "contact")],
            move=_move_phones,
            count=_count_phones,
            say=lambda n: ngettext("%s phone number", "%s phone numbers", n) % n,
            order=40,
        ),
        belongings.Belonging(
            key="values",
            references=[(ContactFieldValue, "contact")],
            move=_move_values,
            order=50,
        ),
        belongings.Belonging(
            key="flags",
            references=[(ContactFlag, "contact")],
            move=_move_flags,
            order=55,
        ),
        belongings.Belonging(
            key="left-lists",
            references=[(LeftList, "contact")],
            move=_stay,
            order=60,
        ),
        belongings.Belonging(
            key="earlier-merges",
            references=[(Contact, "merged_into")],
            move=_move_earlier_merges,
            order=70,
        ),
        belongings.Belonging(
            key="duplicates",
            references=[(DuplicatePair, "first"), (DuplicatePair, "second")],
            move=_move_decisions,
            order=80,
        ),
    ):
        belongings.add(entry)
