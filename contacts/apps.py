from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from crm import navigation


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        from contacts import receivers  # noqa: F401, PLC0415  # connects the signals
        from contacts.forms.bulk import FORMS  # noqa: PLC0415
        from contacts.panels import (  # noqa: PLC0415
            bulk,
            duplicates,
            flags,
            history,
            leaving,
            owning,
            widgets,
        )
        from contacts.queries import (  # noqa: PLC0415
            filters,
            people_filters,
            saved_views,
        )
        from contacts.services import estates  # noqa: PLC0415
        from contacts.services.importing import running  # noqa: PLC0415
        from contacts.services.merging import at_once, moving, searching  # noqa: PLC0415

        for entry in people_filters.FILTERS:
            filters.add(entry)
        running.register()
        history.register()
        bulk.register(FORMS)
        leaving.register()
        owning.register()
        estates.register()
        at_once.register()
        moving.register()
        duplicates.register()
        searching.register()
        widgets.register()
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
