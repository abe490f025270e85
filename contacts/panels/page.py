"""The frame of a contact's page: where one came from, what can be done, and the record column."""

from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from contacts.models import Contact
from contacts.panels.header import identity
from contacts.panels.leaving import deleted_notice
from contacts.queries import people
from contacts.queries.people_state import parse_state
from contacts.queries.profile import Profile
from crm.teams.models import Membership
from layouts import registry
from layouts.overview import CONTACT_OVERVIEW
from layouts.registry import Visit


def visit_contact(
    profile: Profile,
    *,
    member: Membership,
    params: QueryDict,
    at: datetime,
    **more: Any,
) -> Visit:
    """Return a visit whose links carry the state of the list on, and nothing else of the address."""
    return Visit(
        record=profile.contact,
        profile=profile,
        member=member,
        params=params,
        at=at,
        list_query=list_query(params),
        **more,
    )


def list_query(params: QueryDict) -> str:
    """Return the part of an address that is the state of the list of people."""
    state = parse_state(params)
    return state.query(cursor=state.cursor)


def frame(visit: Visit, *, tab: str) -> dict[str, Any]:
    """Return the context of templates/contacts/contact_base.html."""
    contact: Contact = visit.record
    slug = visit.member.team.slug
    layout = CONTACT_OVERVIEW
    tabs = registry.tabs_for(layout.tabs, visit.member)
    here = next(
        (each.url_name for each in tabs if each.key == tab), "contacts:contact_record"
    )

    def url(name: str, contact_id: int | None = contact.pk) -> str:
        if contact_id is None:
            return ""
        path = reverse(name, kwargs={"team_slug": slug, "contact_id": contact_id})
        return f"{path}?{visit.list_query}" if visit.list_query else path

    near = _neighbours(visit)
    people_url = reverse("contacts:people_list", kwargs={"team_slug": slug})
    return {
        **identity(visit),
        "section": "people",
        "layout": layout,
        "column": registry.compose(layout.column, visit),
        "tabs": [
            {"key": each.key, "title": each.title, "url": url(each.url_name)}
            for each in tabs
        ],
        "tab": tab,
        "record_url": url("contacts:contact_record"),
        "previous_url": url(here, near.previous_id) if near else "",
        "next_url": url(here, near.next_id) if near else "",
        "people_url": f"{people_url}?{visit.list_query}"
        if visit.list_query
        else people_url,
        "list_query": visit.list_query,
        "is_record_tab": not tab,
        "update_url": url("contacts:contact_update"),
        "add_to_list_url": url("contacts:contact_add_to_list"),
        "flag_url": url("contacts:contact_flag"),
        "delete_url": url("contacts:contact_delete"),
        "merge_url": url("contacts:contact_merge"),
        "export_url": url("contacts:contact_export"),
        "can_export": _may_export(contact, visit.member),
        "can_merge": not contact.is_deleted and visit.member.can("contacts.merge"),
        "can_delete": not contact.is_deleted and contact.is_deletable_by(visit.member),
        "can_restore": may_restore(contact, visit.member),
        "can_forget": visit.member.can("contacts.forget"),
        "deleted": deleted_notice(contact, at=visit.at),
    }


def _neighbours(visit: Visit) -> people.Neighbours | None:
    if visit.record.is_deleted:
        return None
    return people.neighbours(
        contact=visit.record, params=visit.params, member=visit.member
    )


def _may_export(contact: Contact, member: Membership) -> bool:
    """The same rule as ContactQuerySet.exportable_by, for a row at hand."""
    is_own = contact.owner_id == member.pk and member.can("contacts.export_own")
    return not contact.is_deleted and (is_own or member.can("contacts.export"))


def may_restore(contact: Contact, member: Membership) -> bool:
    """The same rule as ContactQuerySet.restorable_by, for a row at hand."""
    did_it = member.can("contacts.delete_own") and contact.deleted_by_id == member.pk
    return contact.is_deleted and (contact.is_deletable_by(member) or did_it)
