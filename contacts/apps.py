from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Contacts")

    def ready(self) -> None:
        from contacts import receivers  # noqa: F401, PLC0415  # connects the signals
        from contacts.forms.bulk import FORMS  # noqa: PLC0415
        from contacts.panels import (  # noqa: PLC0415
            bulk,
            duplicates,
            exporting,
            history,
            leaving,
            owning,
            places,
            widgets,
        )
        from contacts.queries import (  # noqa: PLC0415
            field_filters,
            filters,
            people_filters,
        )
        from contacts.services import estates  # noqa: PLC0415
        from contacts.services.importing import running  # noqa: PLC0415
        from contacts.services.merging import at_once, moving, searching  # noqa: PLC0415

        for entry in people_filters.FILTERS:
            filters.add(entry)
        for family in field_filters.FAMILIES:
            filters.add_family(family)
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
        exporting.register()
        widgets.register()
        places.register()
