"""A person in front of a contact's page: opens it, opens an editor, types, saves."""

import re
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from contacts.models import Contact
from crm.teams.models import Membership
from tests.conftest import SignedInClient

HTMX = {"HX-Request": "true"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
TAGS = re.compile(r"<[^>]+>")


def text_of(response: Any) -> str:
    """What a reader sees of an answer, with single spaces."""
    return " ".join(unescape(TAGS.sub(" ", response.content.decode())).split())


def html_of(response: Any) -> str:
    return response.content.decode()


def part(html: str, id: str) -> str:
    """The element with the id, as far as its tag is not nested in itself."""
    found = re.search(rf'<(\w+)[^>]*\bid="{re.escape(id)}".*?</\1>', html, re.DOTALL)
    return found.group() if found else ""


def sign_in(member: Membership) -> Client:
    client = SignedInClient()
    client.force_login(member.user, backend="crm.teams.backends.MembershipBackend")
    return client


class Visitor:
    """A client that works on one contact."""

    def __init__(self, client: Client, contact: Contact) -> None:
        self.client, self.contact = client, contact

    def url(self, name: str = "contact_detail", query: str = "", **kwargs: Any) -> str:
        app, _colon, view = name.rpartition(":")
        kwargs = {"contact_id": self.contact.pk, **kwargs}
        path = reverse(
            f"{app or 'contacts'}:{view}",
            kwargs={"team_slug": self.contact.team.slug, **kwargs},
        )
        return f"{path}?{query}" if query else path

    def get(self, name: str = "contact_detail", query: str = "", **kwargs: Any) -> Any:
        return self.client.get(self.url(name, query, **kwargs))

    def fragment(
        self, name: str, query: str = "", target: str = "x", **kwargs: Any
    ) -> Any:
        headers = {**HTMX, "HX-Target": target}
        return self.client.get(self.url(name, query, **kwargs), headers=headers)

    def open(self, key: str) -> dict[str, str]:
        """Open the editor of a value; return the hidden inputs that its form carries."""
        page = self.fragment("contact_field_edit", "place=c", key=key)
        assert page.status_code == 200, page.status_code
        return hidden_of(page)

    def save(
        self,
        key: str,
        values: dict[str, Any],
        *,
        opened: dict[str, str] | None = None,
        query: str = "place=c",
        htmx: bool = True,
    ) -> Any:
        """Send an editor with these values; by default one that was opened just now."""
        data = {**(self.open(key) if opened is None else opened), **values}
        url = self.url("contact_field_edit", query, key=key)
        return self.client.post(url, data, headers=HTMX if htmx else {})

    def open_dialog(self) -> dict[str, Any]:
        """Open the dialog; return everything its form would send unchanged."""
        return form_of(self.get("contact_update"), "edit-contact-form")

    def save_dialog(self, data: dict[str, Any]) -> Any:
        return self.client.post(self.url("contact_update"), data)

    def now(self) -> Contact:
        return Contact.objects.get(pk=self.contact.pk)


def hidden_of(response: Any) -> dict[str, str]:
    found = HIDDEN.findall(html_of(response))
    return {name: unescape(value) for name, value in found if "csrf" not in name}


def form_of(response: Any, id: str) -> dict[str, Any]:
    """Return what a browser would send of a form that nobody touched."""
    assert response.status_code == 200, response.status_code
    form = part(html_of(response), id)
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        attrs = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind, name = attrs.get("type", "text"), attrs.get("name", "")
        if not name or "csrf" in name:
            continue
        if kind in ("radio", "checkbox"):
            if " checked" in tag:
                data.setdefault(name, []).append(unescape(attrs.get("value", "on")))
        else:
            data[name] = unescape(attrs.get("value", ""))
    selects = r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>'
    for name, options in re.findall(selects, form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        first = re.search(r'<option value="([^"]*)"', options)
        data[name] = unescape((chosen or first).group(1)) if chosen or first else ""
    return data
