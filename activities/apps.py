from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = _("Activities")

    def ready(self) -> None:
        from activities import (  # noqa: PLC0415  # models are loaded by now
            queries,
            receivers,  # noqa: F401  # connects the signals
        )
        from activities.panels import history, merging, widgets  # noqa: PLC0415
        from contacts.models import Contact  # noqa: PLC0415
        from crm.conflicts import add_history  # noqa: PLC0415

        history.register()
        merging.register()
        widgets.register()
        add_history(Contact, queries.last_changes)
