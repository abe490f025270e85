from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LayoutsConfig(AppConfig):
    name = "layouts"
    verbose_name = _("Layouts")

    def ready(self) -> None:
        from crm import navigation  # noqa: PLC0415
        from crm.history import registry  # noqa: PLC0415

        navigation.add_setting(
            navigation.SettingsItem(
                key="fields",
                label=_("Fields"),
                url_name="layouts:field_list",
                permission="fields.manage",
                order=40,
            )
        )
        registry.add_acts(
            {
                "fields.delete": _("deleted a field"),
                "fields.remove_option": _("removed an option"),
            }
        )
