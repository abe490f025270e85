"""What is written down of activities."""

from django.utils.translation import gettext_lazy as _

from activities import services
from activities.models import Activity
from crm.history import registry
from crm.history.registry import RecordKind, Tracked


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        RecordKind(
            key="activity",
            label=_("Activity"),
            # That one was logged the row itself says.
            tables=[Tracked(model=Activity, column="id", events=("update", "delete"))],
            refresh=services.refresh_activities,
            refuse=services.refuse_undo,
        )
    )
    registry.add_acts(
        {
            "activity.update": _("corrected an activity"),
            "activity.delete": _("removed an activity"),
        }
    )
