"""Every change to a contact that is there: one door, so that nobody's edit is lost unseen.

Each change bumps the contact's version, brings the columns for lists and searches up to date and
sends contacts_changed, in one transaction.
"""

from collections.abc import Iterable
from datetime import datetime

from contacts.models import Contact
from contacts.queries.fields import split_lists
from contacts.services.drafts import Draft
from contacts.signals import contacts_changed
from crm.conflicts import Edit, RecordDeleted, changes_to_write
from crm.history.services.recording import recorded
from crm.teams.models import Membership


@recorded("contact.update")
def update_contact(
    *, contact_id: int, edit: Edit, by: Membership, at: datetime
) -> Contact:
    """Write what the person changed, unless somebody else changed the same meanwhile.

    The keys of `edit` are those of contacts.services.drafts. Raise EditConflict, RecordDeleted or
    Refused (EmailTaken, DomainTaken among them); then nothing is written. An edit that changes
    nothing leaves the version as it is.
    """
    contact = lock_contact(contact_id)
    draft = Draft(contact, by=by, at=at)
    edit = _with_lists_merged(edit, draft)
    wanted = changes_to_write(
        edit,
        read=draft.read,
        show=draft.show,
        version=contact.version,
        record=contact,
    )
    old = {key: draft.read(key) for key in wanted}
    for key, text in wanted.items():
        draft.write(key, text)
    if all(draft.read(key) == old[key] for key in wanted):
        return contact
    draft.save()
    contacts_changed.send(sender=Contact, contact_ids=[contact_id], by=by, at=at)
    return contact


def lock_contact(contact_id: int) -> Contact:
    """Return the contact for a change; raise RecordDeleted if it is in the bin, or gone for good."""
    rows = Contact.objects.select_for_update(of=("self",))
    contact = rows.filter(pk=contact_id).first()
    if contact is None or contact.is_deleted:
        raise RecordDeleted
    return contact


def read_texts(
    contact: Contact, keys: Iterable[str], *, by: Membership, at: datetime
) -> dict[str, str]:
    """Return the text forms of a contact's values, as a form starts from them.

    A key that names nothing of this contact reads "".
    """
    draft = Draft(contact, by=by, at=at)
    return {key: draft.read(key) for key in keys}


def set_stage(
    *, contact_id: int, stage_id: int, by: Membership, at: datetime
) -> Contact:
    """Move the contact to the stage, whatever stage it is in."""
    edit = Edit(new={"stage": str(stage_id)}, originals={})
    return update_contact(contact_id=contact_id, edit=edit, by=by, at=at)


def set_owner(
    *, contact_id: int, owner_id: int | None, by: Membership, at: datetime
) -> Contact:
    """Give the contact to the member, or to nobody."""
    text = "" if owner_id is None else str(owner_id)
    edit = Edit(new={"owner": text}, originals={})
    return update_contact(contact_id=contact_id, edit=edit, by=by, at=at)


def add_to_lists(
    *, contact_id: int, lists: str, by: Membership, at: datetime
) -> Contact:
    """Add the contact to lists, given as their text form; it stays in those it is in."""
    edit = Edit(new={"lists": lists}, originals={"lists": ""})
    return update_contact(contact_id=contact_id, edit=edit, by=by, at=at)


def _with_lists_merged(edit: Edit, draft: Draft) -> Edit:
    """Apply what the person added and removed to the lists as they are now: sets never conflict."""
    if "lists" not in edit.touched():
        return edit
    wanted, name = split_lists(edit.new["lists"])
    shown, _none = split_lists(edit.originals.get("lists", ""))
    current, _none = split_lists(draft.read("lists"))
    merged = (current | (wanted - shown)) - (shown - wanted)
    text = ",".join(str(pk) for pk in sorted(merged)) + (f"new:{name}" if name else "")
    return Edit(
        new={**edit.new, "lists": text},
        originals={**edit.originals, "lists": draft.read("lists")},
        version=edit.version,
    )
