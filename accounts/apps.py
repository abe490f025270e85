from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from accounts import (  # noqa: PLC0415  # models are loaded by now
            panels,
            receivers,  # noqa: F401  # connects the signals
        )

        panels.register()
