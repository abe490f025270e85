from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from crm import navigation


class TeamsConfig(AppConfig):
    name = "crm.teams"
    label = "teams"
    verbose_name = _("Teams")

    def ready(self) -> None:
        navigation.add(
            navigation.NavItem(
                key="settings",
                label=_("Settings"),
                icon="settings",
                url_name="teams:member_list",
                permission="team.view",
                order=900,
                footer=True,
            )
        )
