from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = _("Activities")

    def ready(self) -> None:
        from activities import (  # noqa: PLC0415  # models are loaded by now
            receivers,  # noqa: F401  # connects the signals
        )
        from activities.panels import history, merging, widgets  # noqa: PLC0415

        history.register()
        merging.register()
        widgets.register()
