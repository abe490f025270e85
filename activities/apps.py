from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ActivitiesConfig(AppConfig):
    name = "activities"
    verbose_name = _("Activities")

    def ready(self) -> None:
        from activities import receivers  # noqa: F401, PLC0415  # connects the signals
        from activities.panels import widgets  # noqa: PLC0415

        widgets.register()
