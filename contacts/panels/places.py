"""Where contacts are found in the navigation, the sidebar and the settings."""

from django.utils.translation import gettext_lazy as _

from contacts.panels import flags
from contacts.queries import saved_views
from crm import navigation


def register() -> None:
    """Add them; called from AppConfig.ready()."""
    navigation.add(
        navigation.NavItem(
            key="people",
            label=_("People"),
            icon="users",
            url_name="contacts:people_list",
            permission="contacts.view",
            order=20,
            shortcut="g p",
        )
    )
    navigation.add_shelf(
        navigation.Shelf(
            key="view",
            label=_("Saved views"),
            icon="list-filter",
            permission="contacts.view",
            load=saved_views.pinned,
        )
    )
    navigation.add_setting(
        navigation.SettingsItem(
            key="flags",
            label=_("Flagged values"),
            url_name="contacts:flag_list",
            permission="flags.review",
            order=40,
            waiting=flags.waiting_text,
        )
    )
    navigation.add_setting(
        navigation.SettingsItem(
            key="deleted",
            label=_("Deleted contacts"),
            url_name="contacts:deleted_list",
            permission="contacts.delete_own",
            order=50,
        )
    )
    navigation.add_setting(
        navigation.SettingsItem(
            key="exports",
            label=_("Exports"),
            url_name="contacts:export_list",
            permission="contacts.export_own",
            order=60,
        )
    )
