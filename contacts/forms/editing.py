"""Forms that edit a contact: one value in place, or all of them in the dialog."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.queries import find_accounts
from contacts.models import ContactEmail, ContactList, ContactPhone
from contacts.queries.fields import (
    ADDRESS,
    CONTACT,
    CRM,
    EMPLOYMENT,
    GROUPS,
    NEW,
    ROW_LABELS,
    contact_fields,
    split_lists,
)
from crm.conflicts import Edit
from crm.teams.models import Membership
from layouts.forms.records import RecordForm
from layouts.kinds.base import CUSTOM, CustomValue

MAX_EMAIL, MAX_PHONE, MAX_LIST_NAME = 254, 100, 80
ID = re.compile(r"[0-9]{1,18}")
CREATE = "new"  # the choice of an account that is yet to be created


class ContactForm(RecordForm):
    """Edits the values of a contact that `texts` holds, by the keys of contacts.services.drafts."""

    def __init__(
        self,
        data: Any = None,
        *,
        texts: Mapping[str, str],
        version: int,
        by: Membership,
        custom: Iterable[CustomValue] = (),
        primary_key: str = "",
    ) -> None:
        plain = [
            field
            for key, field in contact_fields().items()
            if key in texts and key not in ("account", "lists")
        ]
        own = [value for value in custom if value.key in texts]
        self.primary_key = primary_key
        super().__init__(
            data, listed=[*plain, *own], texts=texts, version=version, by=by
        )
        for key in texts:
            if match := ADDRESS.fullmatch(key):
                self._add_address(key, match[1])
        if "account" in texts:
            self._add_account()
        if "lists" in texts:
            self._add_lists()

    def text_of(self, key: str) -> str:
        if ADDRESS.fullmatch(key):
            address = self.cleaned_data.get(key, "")
            kind = (
                self.cleaned_data.get(f"{key}-kind")
                or self.texts[key].partition("|")[0]
            )
            return f"{kind or ContactEmail.Kind.WORK}|{address}" if address else ""
        if key == "account" and self.cleaned_data.get("account") == CREATE:
            return NEW + str(self.cleaned_data.get("account_name", ""))
        if key == "lists":
            ids = ",".join(
                str(pk) for pk in sorted(map(int, self.cleaned_data.get("lists", [])))
            )
            name = str(self.cleaned_data.get("new_list", "")).strip()
            return f"{ids}{NEW}{name}" if name else ids
        if key.startswith("primary-"):
            return str(self.data.get(key, ""))
        return super().text_of(key)

    def edit(self) -> Edit:
        """Return what the person wants; beside Save an address has buttons of its own."""
        edit, action = super().edit(), self.data.get("do", "")
        match = ADDRESS.fullmatch(next(iter(self.texts), ""))
        if match is None or action not in ("primary", "remove"):
            return edit
        changed = (
            {match[0]: ""} if action == "remove" else {f"primary-{match[1]}": match[0]}
        )
        return replace(edit, new={**edit.new, **changed})

    def is_sent(self, key: str) -> bool:
        # Check boxes that are all off send nothing.
        return "lists-sent" in self.data if key == "lists" else super().is_sent(key)

    def in_dialog(self) -> None:
        """Let the first control take the focus."""
        self.fields["first_name"].widget.attrs["autofocus"] = True

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The controls of the dialog by group, each with what to choose where two people differ."""
        groups: dict[str, list[Any]] = {key: [] for key in GROUPS}
        for key in self.texts:
            field = contact_fields().get(key)
            if (
                key in self.fields
                and key not in ("account", "lists")
                and not ADDRESS.fullmatch(key)
            ):
                group = field.group if field else CUSTOM
                groups[group].append((self[key], self._choice(key)))
        addresses = {prefix: self._lines(prefix) for prefix in ("email", "phone")}
        return [
            {"title": GROUPS[CONTACT], "controls": groups.pop(CONTACT)},
            {"title": _("E-mail addresses"), "addresses": addresses["email"]},
            {"title": _("Phone numbers"), "addresses": addresses["phone"]},
            *(
                {
                    "title": GROUPS[key],
                    "controls": controls,
                    "is_employment": key == EMPLOYMENT,
                    "is_record": key == CRM,
                }
                for key, controls in groups.items()
                if controls
            ),
        ]

    def _lines(self, prefix: str) -> list[dict[str, Any]]:
        return [
            {
                "key": key,
                "prefix": prefix,
                "address": self[key],
                "kind": self[f"{key}-kind"],
                "is_new": "new" in key,
                "is_primary": self._primary(prefix) == key,
                "choice": self._choice(key),
            }
            for key in self.texts
            if ADDRESS.fullmatch(key) and key.startswith(prefix)
        ]

    def _choice(self, key: str) -> dict[str, str] | None:
        conflict = self.conflicts.get(key)
        if conflict is None:
            return None
        nothing = str(_("nothing"))
        return {
            "key": key,
            "mine": conflict.mine_shown or nothing,
            "theirs": conflict.theirs_shown or nothing,
        }

    def _primary(self, prefix: str) -> str:
        name = f"primary-{prefix}"
        return (
            str(self.data.get(name, "")) if self.is_bound else self.texts.get(name, "")
        )

    def _add_address(self, key: str, prefix: str) -> None:
        model = ContactEmail if prefix == "email" else ContactPhone
        kind, _bar, address = self.texts[key].partition("|")
        mode = "email" if prefix == "email" else "tel"
        self.add(
            key,
            forms.CharField(
                label=ROW_LABELS[prefix],
                required=False,
                max_length=MAX_EMAIL if prefix == "email" else MAX_PHONE,
                widget=forms.TextInput(
                    attrs={"inputmode": mode, "autocomplete": "off"}
                ),
            ),
            initial=address,
        )
        self.add(
            f"{key}-kind",
            forms.ChoiceField(
                label=_("Type"), choices=model.Kind.choices, required=False
            ),
            initial=kind or model.Kind.WORK,
        )

    def _add_account(self) -> None:
        self.add("account", forms.CharField(required=False, max_length=20))
        self.add(
            "account_name", forms.CharField(required=False, label=_("Search accounts"))
        )
        self.fields["account"].initial = self.texts["account"]

    @property
    def is_wide(self) -> bool:
        """Whether the editor needs the whole width of its row."""
        return not self.is_composite and bool({"account", "lists"} & set(self.texts))

    @property
    def first_id(self) -> str:
        """The id of the control that the label of the row belongs to."""
        return "id_account_name" if "account" in self.texts else super().first_id

    @property
    def account_state(self) -> dict[str, Any] | None:
        """What accounts/_picker.html shows: the current account, and those that match the search."""
        if "account" not in self.texts:
            return None
        stored = self.texts["account"]
        chosen = str(self.data.get("account", "")) if self.is_bound else stored
        search = str(self.data.get("account_name", "")).strip() if self.is_bound else ""
        wanted = {pk for pk in (stored, chosen) if ID.fullmatch(pk)}
        current = (
            list(Account.objects.for_picker().filter(pk__in=wanted)) if wanted else []
        )
        found = [account for account in find_accounts(search) if account not in current]
        return {
            "accounts": [*current, *found],
            "chosen": chosen,
            "search": search,
            "errors": self.errors.get("account_name", []),
            "is_quiet": len(self.texts) > 1,
        }

    @property
    def list_state(self) -> dict[str, Any] | None:
        """What contacts/_lists_control.html shows."""
        if "lists" not in self.texts:
            return None
        ids, _name = split_lists(self.texts["lists"])
        chosen = (
            set(self.data.getlist("lists"))
            if self.is_bound
            else {str(pk) for pk in ids}
        )
        return {
            "choices": [
                {"value": value, "label": label, "is_chosen": value in chosen}
                for value, label in self.fields["lists"].choices
            ],
            "name": str(self.data.get("new_list", "")) if self.is_bound else "",
            "errors": [*self.errors.get("lists", []), *self.errors.get("new_list", [])],
        }

    @property
    def address_state(self) -> dict[str, Any] | None:
        """Whether the one address that is edited is there already, and first."""
        key = next(iter(self.texts), "")
        match = ADDRESS.fullmatch(key)
        if len(self.texts) != 1 or not match or match[2].startswith("new"):
            return None
        return {"is_primary": key == self.primary_key}

    def _add_lists(self) -> None:
        ids, _name = split_lists(self.texts["lists"])
        choices = [(str(row.pk), row.name) for row in ContactList.objects.by_name()]
        self.add(
            "lists",
            forms.MultipleChoiceField(
                label=_("Lists"),
                required=False,
                choices=choices,
                widget=forms.CheckboxSelectMultiple,
            ),
            initial=[str(pk) for pk in ids],
        )
        self.add(
            "new_list",
            forms.CharField(
                label=_("New list"), required=False, max_length=MAX_LIST_NAME
            ),
        )

    def control_of(self, key: str) -> str:
        return "account_name" if key == "account" else key
