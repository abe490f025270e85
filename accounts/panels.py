"""The lines of an account, on its own page and on the pages of its contacts, and its history."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.models import Account, AccountFieldValue
from accounts.queries import account_fields, account_names, describe_accounts
from crm.history import registry
from crm.history.registry import RecordKind, Tracked
from crm.history.services.refusing import taken_back
from crm.hosts import host_text
from crm.teams.models import Membership
from crm.templatetags.ui import dial
from layouts.fields import LinkField, PhoneField, safe_link
from layouts.kinds.base import CustomValue
from layouts.rows import Kind, Row

# Where a row stands, so that one page may show it twice: the account's own fields, the widget of a contact.
PAGE, WIDGET = "a", "w"
# Columns that services derive from others; the migration that makes the triggers says the same.
DERIVED = ("name_sort", "search_text", "version", "updated_at")


class AccountRows:
    """Makes the rows of one account, from the account alone: no queries."""

    def __init__(
        self,
        account: Account,
        *,
        by: Membership,
        place: str = PAGE,
        focus: str = "",
        can_edit: bool = True,
    ) -> None:
        self.account, self.by, self.place, self.focus = account, by, place, focus
        self.edit = ""
        if can_edit and by.can("contacts.edit"):
            kwargs = {"team_slug": by.team.slug, "account_id": account.pk, "key": "KEY"}
            url = reverse("accounts:account_field_edit", kwargs=kwargs)
            self.edit = f"{url}?place={place}"

    def id_of(self, key: str) -> str:
        return f"{self.place}-{key}-{self.account.pk}"

    def row(self, key: str) -> Row:
        """Return the row of a field."""
        field = account_fields()[key]
        account = self.account
        if key == "stage":
            stage = account.stage
            return self._make(
                key,
                stage.name if stage else "",
                kind=Kind.STAGE,
                value=stage.hue if stage else 0,
            )
        if key == "owner":
            return self._make(
                key,
                str(account.owner) if account.owner else "",
                edits=account.is_reassignable_by(self.by),
                kind=Kind.MEMBER,
            )
        stored = field.read(account)
        text = field.show(stored)
        if isinstance(field, PhoneField) and stored.startswith("+"):
            return self._make(key, text, kind=Kind.LINK, href=dial(stored))
        if isinstance(field, LinkField) and safe_link(text):
            host, slash, path = text.partition("://")[2].rstrip("/").partition("/")
            shown = host_text(host.removeprefix("www.")) + slash + path
            return self._make(key, shown, kind=Kind.LINK, href=text)
        return self._make(key, text)

    def custom(self, value: CustomValue, text: str) -> Row:
        """Return the row of a field that the team added, for its text form."""
        href = value.href(text)
        return self._make(
            value.key,
            value.show(text),
            label=value.label,
            kind=Kind.LINK if href else Kind.TEXT,
            href=href,
            is_named=True,
        )

    def _make(
        self, key: str, text: str, *, edits: bool = True, label: Any = "", **more: Any
    ) -> Row:
        return Row(
            id=self.id_of(key),
            label=label or account_fields()[key].label,
            text=text,
            edit=self.edit.replace("KEY", key) if edits else "",
            is_focused=key == self.focus,
            **more,
        )


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        RecordKind(
            key="account",
            label=_("Account"),
            tables=[
                Tracked(model=Account, column="id", ignored=DERIVED),
                Tracked(model=AccountFieldValue, column="account_id"),
            ],
            describe=describe_accounts,
            refresh=services.refresh_accounts,
            remove=services.remove_accounts,
            is_by_the_way=True,
            names=account_names,
            refuse=lambda changes, *, by: taken_back(changes, of=Account, by=by),
        )
    )
    registry.add_acts(
        {
            "account.create": _("added the account"),
            "account.update": _("changed the account"),
            "account.owner": _("changed the owner"),
        }
    )
