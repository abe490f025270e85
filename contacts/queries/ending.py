"""Which teams have something that ends by itself. An index probe for each team."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from contacts.models import Contact, ContactExport, DoomedFile, Erasure, HeldBack
from crm.teams.models import Team


def teams_with_ended_holdbacks(*, at: datetime) -> list[int]:
    """Return the teams with deleted persons who may be net new again."""
    return _teams_with(HeldBack.across_teams.filter(until__lte=at))


def teams_with_contacts_to_purge(*, at: datetime) -> list[int]:
    """Return the teams with contacts whose time in the bin is over."""
    before = at - timedelta(days=settings.DELETED_KEPT_DAYS)
    return _teams_with(Contact.across_teams.filter(deleted_at__lte=before))


def teams_with_doomed_files(*, at: datetime) -> list[int]:
    """Return the teams with files to remove from the storage."""
    return _teams_with(DoomedFile.across_teams.filter(try_at__lte=at))


def teams_with_unwritten_erasures() -> list[int]:
    """Return the teams with something that the ledger of erasures does not know yet."""
    return _teams_with(Erasure.across_teams.filter(written_at=None))


def teams_with_expired_exports(*, at: datetime) -> list[int]:
    """Return the teams with exported files whose time is over."""
    return _teams_with(
        ContactExport.across_teams.filter(expires_at__lte=at).exclude(file_key="")
    )


def _teams_with(rows: QuerySet) -> list[int]:
    found = Team.objects.filter(Exists(rows.filter(team=OuterRef("pk"))))
    return list(found.values_list("pk", flat=True))
