"""Many contacts into the bin, and many people out of the directory."""

from django.utils.translation import gettext as _

from contacts.bulk_actions import Batch, Ended, Values
from contacts.models import Contact
from contacts.services.bulk import rows
from contacts.services.deletion import delete_contacts
from contacts.services.saving import Saved, save_people
from crm.teams.models import Membership


def delete(batch: Batch, *, by: Membership) -> dict[int, Ended]:
    """Move the contacts to the bin that the member may delete; the others stay, with the reason."""
    contacts, ended = rows.lock(batch)
    mine = Contact.objects.filter(pk__in=batch.ids).deletable_by(by)
    allowed = set(mine.values_list("pk", flat=True))
    refused = Ended.skipped(_("You may not delete contacts of other members."))
    ended |= {c.pk: refused for c in contacts if c.pk not in allowed}
    gone = delete_contacts(
        contact_ids=[c.pk for c in contacts if c.pk in allowed],
        by=by,
        at=batch.at,
    )
    return {**dict.fromkeys(gone, Ended.done()), **ended}


def delete_title(values: Values) -> str:
    return _("Delete contacts")


def save(batch: Batch, *, by: Membership) -> dict[int, Ended]:
    """Make contacts of the persons, as saving a single one does (product.md P6)."""
    saved = save_people(person_ids=batch.ids, by=by, at=batch.at)
    restored, left_out = set(saved.restored), _emails_left_out(saved)
    forgotten = Ended.skipped(_("Asked to be forgotten."))
    ended = dict.fromkeys(saved.forgotten, forgotten)
    for pk, contact_id in saved.contact_of.items():
        result = Ended.done()
        if pk in saved.already:
            result = Ended.skipped(_("Was saved already."))
        elif contact_id in restored:
            result = result._replace(reason=_("Restored from the bin."))
        elif pk in left_out:
            reason = _("%s belongs to another contact and was left out.")
            result = result._replace(reason=reason % left_out[pk])
        ended[pk] = result._replace(record_id=contact_id)
    if saved.refused:
        binned = Contact.objects.filter(pk__in=list(saved.refused))
        for contact_id, person_id in binned.values_list("pk", "person_id"):
            refused = Ended.skipped(saved.refused[contact_id])
            ended[person_id] = refused._replace(record_id=contact_id)
    return ended


def _emails_left_out(saved: Saved) -> dict[int, str]:
    """Return the address of each person who was saved without it."""
    if not saved.taken_emails:
        return {}
    without = Contact.objects.filter(pk__in=saved.created, primary_email="")
    found = without.exclude(person__email="").values_list("person_id", "person__email")
    return {pk: email for pk, email in found if email.lower() in saved.taken_emails}


def save_title(values: Values) -> str:
    return _("Save people")
