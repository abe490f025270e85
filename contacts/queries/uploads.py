"""Reads over the uploaded files of imports."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from contacts.models import ContactImport

# An upload that nobody started is kept for so long.
KEPT_OPEN = timedelta(days=7)


def old_uploads(*, at: datetime) -> QuerySet[ContactImport]:
    """Return the team's uploads that were never started, or whose file nobody needs any more.

    An import that ended needs none, and people in it may ask to be forgotten.
    """
    return ContactImport.objects.filter(_is_old(at)).order_by("pk")


def teams_with_old_uploads(*, at: datetime) -> list[int]:
    """Return the teams that have `old_uploads`."""
    old = ContactImport.across_teams.filter(_is_old(at))
    return sorted(set(old.values_list("team_id", flat=True)))


def _is_old(at: datetime) -> Q:
    never_started = Q(job=None, created_at__lt=at - KEPT_OPEN)
    return never_started | Q(job__finished_at__lte=at) & ~Q(file_key="")


def bytes_uploaded(*, since: datetime) -> int:
    """Return how many bytes the team uploaded since then."""
    uploads = ContactImport.objects.filter(created_at__gt=since)
    return uploads.aggregate(total=Sum("size"))["total"] or 0
