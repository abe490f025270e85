"""What contacts put on a contact's page and on an account's page."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Account
from accounts.panels import WIDGET, AccountRows
from contacts.models import Contact
from contacts.panels.header import say_owner
from contacts.panels.rows import ContactRows, link_text
from contacts.queries.account_contacts import account_contacts
from contacts.queries.fields import LINKS
from layouts import registry
from layouts.fields import safe_link
from layouts.registry import ACCOUNT, Phrase, Tab, Visit, Widget

ACCOUNT_ROWS = ("stage", "owner", "industry", "headcount")


def load_information(visit: Visit) -> dict[str, Any]:
    rows = ContactRows(visit)
    links = [rows.link(key) for key in LINKS]
    shown = [link for link in links if link.text or link.id.startswith("c-linkedin")]
    return {
        "rows": [
            *rows.emails(),
            *rows.phones(),
            *shown,
            rows.location(),
            rows.local_time(),
        ],
        # Links that are not there yet are offered in the menu of the widget.
        "missing": []
        if visit.record.is_deleted
        else [link for link in links if link not in shown],
        "can_edit": rows.can_edit,
        "add_email": rows.edit_url("email-new"),
        "add_phone": rows.edit_url("phone-new"),
    }


def load_details(visit: Visit) -> dict[str, Any]:
    rows = ContactRows(visit)
    listed = [
        rows.stage(),
        rows.owner(),
        rows.lists(),
        rows.last_activity(),
        rows.source(),
        rows.created(),
    ]
    return {"rows": listed, "list_query": visit.list_query}


def load_account(visit: Visit) -> dict[str, Any]:
    contact: Contact = visit.record
    rows = ContactRows(visit)
    account_rows = contact.account and AccountRows(
        contact.account, by=visit.member, place=WIDGET, can_edit=rows.can_edit
    )
    return {
        "account": contact.account,
        **(summary_of(contact.account) if contact.account else {}),
        "can_edit": rows.can_edit,
        "change": rows.edit_url("account"),
        "is_focused": visit.focus == "account",
        "rows": [account_rows.row(key) for key in ACCOUNT_ROWS] if account_rows else [],
    }


def summary_of(account: Account) -> dict[str, Any]:
    """Return the line below the account's name: its website, its size, where it is."""
    url = account.website or (f"https://{account.domain}" if account.domain else "")
    people = (
        ngettext("%s person", "%s people", account.headcount) % account.headcount
        if account.headcount
        else ""
    )
    return {
        "website": (url, link_text(url)) if safe_link(url) else (),
        "summary": ", ".join(filter(None, [people, account.city])),
    }


def load_account_contacts(visit: Visit) -> dict[str, Any]:
    page = account_contacts(visit.record, cursor=visit.params.get("contacts", ""))
    kwargs = {"team_slug": visit.member.team.slug, "contact_id": 0}
    return {
        "page": page,
        "contact_url": reverse("contacts:contact_detail", kwargs=kwargs).removesuffix(
            "0/"
        ),
        "previous": page.previous and f"?contacts={page.previous}",
        "next": page.next and f"?contacts={page.next}",
    }


def register() -> None:
    """Called once from AppConfig.ready()."""
    permission = "contacts.view"
    for key, title, load in [
        ("contact-information", _("Contact information"), load_information),
        ("record-details", _("Record details"), load_details),
        ("account", _("Account"), load_account),
    ]:
        template = f"contacts/_{key.replace('-', '_')}_widget.html"
        registry.add(
            Widget(
                key=key,
                title=title,
                permission=permission,
                template=template,
                load=load,
            )
        )
    registry.add(
        Widget(
            key="account-contacts",
            title=_("Contacts"),
            permission=permission,
            template="contacts/_account_contacts_widget.html",
            load=load_account_contacts,
            record=ACCOUNT,
        )
    )
    for order, (key, title, url_name) in enumerate(
        [
            ("prospect", _("Prospect"), "contacts:contact_detail"),
            ("all-fields", _("All fields"), "contacts:contact_fields"),
        ]
    ):
        registry.add(
            Tab(
                key=key,
                title=title,
                permission=permission,
                url_name=url_name,
                order=order,
            )
        )
    registry.add(Phrase(key="owner", say=say_owner, order=90))
