from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "crm.jobs"
    label = "jobs"
    verbose_name = _("Jobs")

    def ready(self) -> None:
        from crm.jobs import receivers  # noqa: F401, PLC0415  # connects the signals
