"""What is written down of contacts, and what acts on them are called."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from contacts.models import (
    Contact,
    ContactEmail,
    ContactFieldValue,
    ContactFlag,
    ContactPhone,
    LeftList,
    ListEntry,
)
from contacts.panels.rows import has_history
from contacts.queries.changes import describe_contacts, last_changes
from contacts.queries.fields import label_of
from contacts.services import undoing as undo_jobs
from contacts.services.setting_back import refresh_contacts, remove_contacts
from contacts.services.undo_rights import refuse_undo
from crm.conflicts import add_history
from crm.history import registry
from crm.history.models import Change, ChangeSet
from crm.history.queries import acts_on_value, merged
from crm.history.registry import Line, RecordKind, Tracked, act, act_on_one
from crm.history.services import undoing
from crm.history.services.grouping import Record
from crm.history.services.recording import last_change_set

# Columns that services derive from others; the migration that makes the triggers says the same.
DERIVED = (
    "name",
    "name_sort",
    "title_sort",
    "account_sort",
    "primary_email",
    "primary_phone",
    "search_text",
    "last_activity_at",
    "activity_key",
    "version",
    "updated_at",
)
PARTS = (
    ContactEmail,
    ContactPhone,
    ContactFieldValue,
    ListEntry,
    LeftList,
    ContactFlag,
)
SETS = (ListEntry, LeftList)
ACTS = {
    "": _("changed"),
    "undo": _("took back"),
    "contact.create": _("added the contact"),
    "contact.save": _("saved the contact from the directory"),
    "contact.update": _("changed"),
    "contact.owner": _("changed the owner"),
    "contact.flag": _("flagged as inaccurate"),
    "contact.unflag": _("took a flag back"),
    "contact.flag-accept": _("accepted a suggested value"),
    "contact.flag-dismiss": _("dismissed a flag"),
    "contact.delete": _("deleted the contact"),
    "contact.restore": _("restored the contact"),
    "contact.merge": _("merged a duplicate"),
}


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        RecordKind(
            key="contact",
            label=_("Contact"),
            tables=[
                Tracked(model=Contact, column="id", ignored=DERIVED),
                *(
                    Tracked(model=part, column="contact_id", is_set=part in SETS)
                    for part in PARTS
                ),
            ],
            describe=describe_contacts,
            refresh=refresh_contacts,
            remove=remove_contacts,
            refuse=refuse_undo,
            names=contact_names,
        )
    )
    registry.add_acts(ACTS)
    add_history(Contact, last_changes)
    undo_jobs.register()


def contact_names(contact_ids: Collection[int]) -> Mapping[int, str]:
    rows = Contact.objects.filter(pk__in=contact_ids)
    return dict(rows.values_list("pk", "name"))


MOST_SHOWN = 20
# Of an act on more records than that only this is said.
MOST_COUNTED = 1_000


def history_of(contact: Contact, key: str) -> dict[str, Any]:
    """Return what the history of one value shows: at most five queries.

    Raise Http404 for a key that no value has.
    """
    if not has_history(key):
        raise Http404
    name, _dash, row = key.rpartition("-")
    is_address = name in ("email", "phone")
    acts = acts_on_value(
        "contact",
        contact.pk,
        key=name if is_address else key,
        row_id=int(row) if is_address else 0,
        size=MOST_SHOWN,
    )
    label = acts[0].lines[0].label if acts else label_of(key)
    source = contact.get_source_display()
    if contact.source_detail:
        source = f"{source}: {contact.source_detail}"
    return {
        "label": label,
        "acts": [(entry, act_on_one(entry.kind)) for entry in acts],
        "origin": source,
        "origin_by": contact.created_by,
        "origin_at": contact.created_at,
        "back_url": contact.get_absolute_url(),
        "back_label": contact.name,
    }


def undo_last(team_slug: str) -> str:
    """Return the URL that takes back the act that ended last here, "" where it changed nothing."""
    change_set = last_change_set()
    if change_set is None:
        return ""
    return reverse("contacts:change_set_undo", args=[team_slug, change_set])


def what_was_done(team_slug: str, change_set: ChangeSet) -> dict[str, Any]:
    """Return what the question before an undo shows: four queries, and those of describing."""
    first = list(Change.objects.filter(change_set=change_set).order_by("pk")[:200])
    records = undoing.records_of(change_set, size=MOST_COUNTED + 1)
    contacts = [pk for kind, pk in records if kind == "contact"]
    lines: list[Line] = []
    if len(contacts) == 1:
        mine = [change for change in first if change.record == "contact"]
        described = describe_contacts(mine)
        lines = merged([line for c in reversed(mine) for line in described[c.pk]])
    who = str(change_set.by) if change_set.by else gettext("Rapport")
    back_url, back_label = _back(team_slug, contacts)
    return {
        "change_set": change_set,
        "sentence": _sentence(change_set, who, records),
        "consequence": _consequence(change_set, records),
        "lines": lines[:MOST_SHOWN],
        "back_url": back_url,
        "back_label": back_label,
    }


def _sentence(change_set: ChangeSet, who: str, records: Sequence[Record]) -> str:
    values = {
        "who": who,
        "what": gettext("imported %s") % change_set.via
        if change_set.kind == "contact.import" and change_set.via
        else act(change_set.kind),
        "when": date_format(timezone.localtime(change_set.at), "j M Y, H:i"),
        "records": _counted(Counter(kind for kind, _pk in records)),
    }
    if len(records) == 1:
        return gettext("%(who)s %(what)s, %(when)s.") % values
    if len(records) > MOST_COUNTED:
        many = f"{number_format(MOST_COUNTED, force_grouping=True)}+"
        values["records"] = gettext("%s records") % many
    return gettext("%(who)s %(what)s, %(when)s: %(records)s.") % values


def _consequence(change_set: ChangeSet, records: Sequence[Record]) -> str:
    """Return what goes, as far as it can be counted, and whether anything may stay."""
    if len(records) > MOST_COUNTED:
        return gettext("What was changed since stays as it is.")
    new = Change.objects.filter(
        change_set=change_set, op=Change.Op.INSERT, new__isnull=True
    )
    found = new.values_list("record", "record_id").distinct()
    gone = _counted(Counter(kind for kind, _pk in found))
    said = [gettext("Undo removes what it added: %s.") % gone] if gone else []
    if undo_jobs.is_in_parts(change_set, len(records)):
        said.append(gettext("What was changed since stays as it is."))
    return " ".join(said)


def _counted(numbers: Counter[str]) -> str:
    """Return "7 contacts, 1 account" for the numbers of records by kind."""
    others = sum(numbers.values()) - numbers["contact"] - numbers["account"]
    parts = [
        ngettext("%s contact", "%s contacts", numbers["contact"]) % numbers["contact"],
        ngettext("%s account", "%s accounts", numbers["account"]) % numbers["account"],
        ngettext("%s record", "%s records", others) % others,
    ]
    counts = (numbers["contact"], numbers["account"], others)
    return ", ".join(part for part, count in zip(parts, counts, strict=True) if count)


def _back(team_slug: str, contact_ids: Sequence[int]) -> tuple[str, str]:
    if len(contact_ids) == 1:
        name = contact_names(contact_ids).get(contact_ids[0], "")
        url = reverse("contacts:contact_detail", args=[team_slug, contact_ids[0]])
        return url, name or gettext("Contact")
    return reverse("contacts:people_list", args=[team_slug]), gettext("People")


def who_is_in_the_way(
    team_slug: str, reasons: Mapping[Record, str]
) -> list[dict[str, str]]:
    """Return the records that keep an act from being undone, with links: one query a kind."""
    shown = list(reasons.items())[:MOST_SHOWN]
    found = []
    for (kind, pk), text in shown:
        names = registry.kinds()[kind].names
        url = (
            reverse(f"{kind}s:{kind}_detail", args=[team_slug, pk])
            if kind in ("contact", "account")
            else ""
        )
        name = names([pk]).get(pk, "") or str(registry.kinds()[kind].label)
        found.append({"name": name, "text": text, "url": url})
    return found
