"""Stage and owner of many contacts."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from accounts import services as account_services
from contacts.bulk_actions import Batch, Ended, Values
from contacts.models import Contact, ContactStage
from contacts.queries.fields import contact_fields
from contacts.services.bulk import rows
from crm.conflicts import Refused
from crm.teams.models import Membership


def set_stage(batch: Batch, *, by: Membership) -> dict[int, Ended]:
    """Move the contacts to the stage of the values, whatever stage they are in."""
    stage = ContactStage.objects.filter(pk=batch.values["stage"]).first()
    if stage is None:
        raise Refused(_("This stage does not exist any more."), key="stage")
    contacts, ended = rows.lock(batch, "stage_id")
    changed = [contact.pk for contact in contacts if contact.stage_id != stage.pk]
    rows.write(batch, changed=changed, by=by, stage=stage)
    already = dict.fromkeys(
        (contact.pk for contact in contacts),
        Ended.skipped(_("Is in this stage already.")),
    )
    return {**ended, **already, **dict.fromkeys(changed, Ended.done())}


def stage_title(values: Values) -> str:
    stage = ContactStage.objects.filter(pk=values["stage"]).first()
    return _("Set stage to %s") % (stage or "")


def assign_owner(batch: Batch, *, by: Membership) -> dict[int, Ended]:
    """Give the contacts to the member of the values, or to nobody; the rule of a single edit holds for
    each (reference.md, 38). With `accounts` their accounts go to the same member.
    """
    field = contact_fields()["owner"]
    text = field.clean(batch.values["owner"], by=by)
    owner_id = int(text) if text else None
    contacts, ended = rows.lock(batch, "owner_id", "account_id")
    owners = _owners(contacts)
    changed, own = [], Ended.skipped(_("Has this owner already."))
    for contact in contacts:
        if contact.owner_id == owner_id:
            ended[contact.pk] = own
        elif not by.may_give_away(owners.get(contact.owner_id)):
            ended[contact.pk] = _not_theirs(owners[contact.owner_id])
        else:
            changed.append(contact.pk)
    rows.write(batch, changed=changed, by=by, owner_id=owner_id)
    if batch.values.get("accounts"):
        taken = {
            c.account_id for c in contacts if c.account_id and _goes(c, ended, own)
        }
        account_services.give_accounts(
            account_ids=taken, owner_id=owner_id, by=by, at=batch.at
        )
    return {**dict.fromkeys(changed, Ended.done()), **ended}


def owner_title(values: Values) -> str:
    member = Membership.objects.filter(pk=values["owner"] or None).first()
    return _("Assign owner: %s") % (member or _("Nobody"))


def _goes(contact: Contact, ended: dict[int, Ended], own: Ended) -> bool:
    """Return whether the contact has the new owner by now, so that its account follows."""
    return ended.get(contact.pk, own) is own


def _owners(contacts: Collection[Contact]) -> dict[int | None, Membership]:
    """Return the owners of the contacts by their ids, also those who have left."""
    members = Membership.objects.filter(pk__in={c.owner_id for c in contacts} - {None})
    return {member.pk: member for member in members.select_related("user")}


def _not_theirs(owner: Membership) -> Ended:
    text = _("Only %(owner)s and managers give this contact to somebody else.")
    return Ended.skipped(text % {"owner": owner})
