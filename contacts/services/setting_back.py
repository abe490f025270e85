"""What contacts need when rows of theirs were set back to what they were (crm.history)."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db.models import F, Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts import departures
from contacts.models import Contact, ContactEmail, ContactPhone, HeldBack
from contacts.services.indexing import INDEXED, index_contact
from contacts.services.purging import doom_files
from contacts.signals import contacts_set_back
from crm.history.queries import changed_since_added
from crm.history.services.recording import forget_records, unrecorded
from crm.teams.models import Membership
from crm.tenancy import bulk
from crm.tenancy.bulk import AnyOf

# Columns that nothing is derived from: where only they were set back, the version grows.
PLAIN = frozenset(
    f"{Contact._meta.db_table}.{name}"
    for name in (
        *("stage_id", "owner_id", "seniority", "department", "city", "region"),
        *("country", "address", "time_zone", "linkedin_url", "x_url"),
        *("facebook_url", "github_url", "website"),
    )
)


def refresh_contacts(
    ids: Collection[int],
    *,
    touched: Collection[str],
    by: Membership | None,
    at: datetime,
) -> None:
    """Bring the columns for lists and searches up to date, and the version with them.

    Persons who are saved again are held back no longer. Sends contacts_set_back, unless nothing
    depends on what was set back.
    """
    if PLAIN.issuperset(touched):
        rows = Contact.objects.filter(AnyOf(F("pk"), ids))
        rows.update(version=F("version") + 1, updated_at=at)
        return
    contacts = (
        Contact.objects.filter(AnyOf(F("pk"), ids))
        .select_related("account")
        .prefetch_related(
            Prefetch("emails", ContactEmail.objects.order_by("position", "pk")),
            Prefetch("phones", ContactPhone.objects.order_by("position", "pk")),
        )
    )
    found = list(contacts)
    for contact in found:
        index_contact(contact)
    bulk.update_rows(
        Contact,
        [*INDEXED, "updated_at"],
        [(c.pk, c.version, *(getattr(c, name) for name in INDEXED), at) for c in found],
    )
    saved = [c.person_id for c in found if c.person_id and not c.is_deleted]
    HeldBack.objects.filter(AnyOf(F("person_id"), saved)).delete()
    contacts_set_back.send(sender=Contact, contact_ids=[c.pk for c in found], at=at)


def remove_contacts(
    ids: Collection[int], *, by: Membership | None
) -> Mapping[int, str]:
    """Take contacts away that were added and that nothing has happened to since.

    Return those that stay, each with the reason. The others leave no trace: what they said was in
    the file they came from.
    """
    kept: dict[int, str] = {}
    contacts = Contact.objects.filter(AnyOf(F("pk"), ids))
    for pk in contacts.exclude(last_activity_at=None).values_list("pk", flat=True):
        kept[pk] = _("Something was logged with the contact since.")
    merged = Contact.objects.merged().filter(AnyOf(F("merged_into_id"), ids))
    for pk in merged.values_list("merged_into_id", flat=True):
        kept[pk] = _("Another contact was merged into it since.")
    for pk in changed_since_added("contact", ids):
        kept[pk] = _("The contact has been changed since.")
    gone = [pk for pk in ids if pk not in kept]
    with unrecorded():
        doom_files(departures.end(gone), at=timezone.now())
        contacts.filter(AnyOf(F("pk"), gone)).delete()
    forget_records("contact", record_ids=gone)
    return kept
