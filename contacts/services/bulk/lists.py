"""Many contacts into a list and out of it."""

from django.utils.translation import gettext as _

from contacts.bulk_actions import Batch, Ended, Values
from contacts.models import ContactList, ListEntry
from contacts.services.bulk import rows
from contacts.services.drafts import find_or_create_list
from crm.conflicts import Refused
from crm.teams.models import Membership

BATCH = 5000


def choose_list(values: Values, by: Membership) -> Values:
    """Return the values with the id of the list, which is created if it has only a name so far."""
    name = values.get("new_list")
    if not name:
        return {"list": values["list"]}
    return {"list": find_or_create_list(name, by=by).pk}


def add_to_list(batch: Batch, *, by: Membership) -> dict[int, Ended]:
    """Put the contacts into the list; they stay in those that they are in."""
    chosen = _list(batch)
    contacts, ended = rows.lock(batch)
    already = Ended.skipped(_("Is in this list already."))
    inside = _members(chosen, batch)
    ended |= {c.pk: already for c in contacts if c.pk in inside}
    new = [contact.pk for contact in contacts if contact.pk not in inside]
    ListEntry.objects.bulk_create(
        (ListEntry(list=chosen, contact_id=pk, added_by=by) for pk in new),
        batch_size=BATCH,
        # Somebody may have added it meanwhile; that is what was wanted.
        ignore_conflicts=True,
    )
    rows.write(batch, changed=new, by=by)
    return {**dict.fromkeys(new, Ended.done()), **ended}


def remove_from_list(batch: Batch, *, by: Membership) -> dict[int, Ended]:
    """Take the contacts out of the list; the contacts stay."""
    chosen = _list(batch)
    contacts, ended = rows.lock(batch)
    inside = _members(chosen, batch)
    outside = Ended.skipped(_("Is not in this list."))
    ended |= {c.pk: outside for c in contacts if c.pk not in inside}
    leaving = [contact.pk for contact in contacts if contact.pk in inside]
    ListEntry.objects.filter(list=chosen, contact__in=leaving).delete()
    rows.write(batch, changed=leaving, by=by)
    return {**dict.fromkeys(leaving, Ended.done()), **ended}


def added_title(values: Values) -> str:
    return _("Add to list “%s”") % _name(values)


def removed_title(values: Values) -> str:
    return _("Remove from list “%s”") % _name(values)


def _name(values: Values) -> str:
    found = ContactList.objects.filter(pk=values["list"]).first()
    return found.name if found else ""


def _list(batch: Batch) -> ContactList:
    found = ContactList.objects.filter(pk=batch.values["list"]).first()
    if found is None:
        raise Refused(_("This list does not exist any more."), key="list")
    return found


def _members(chosen: ContactList, batch: Batch) -> set[int]:
    entries = ListEntry.objects.filter(list=chosen, contact__in=batch.ids)
    return set(entries.values_list("contact_id", flat=True))
