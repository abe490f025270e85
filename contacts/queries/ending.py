"""Which teams have something that ends by itself."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from contacts.models import HeldBack
from crm.teams.models import Team


def teams_with_ended_holdbacks(*, at: datetime) -> list[int]:
    """Return the teams with deleted persons who may be net new again. An index probe for each team."""
    over = HeldBack.across_teams.filter(team=OuterRef("pk"), until__lte=at)
    return list(Team.objects.filter(Exists(over)).values_list("pk", flat=True))
