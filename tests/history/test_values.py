"""C60: each value says who set it, and what it was before."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.urls import reverse

from contacts.models import Contact
from contacts.services.editing import update_contact
from crm.conflicts import Edit
from crm.teams.models import Membership, Team
from tests.contacts.profile import text_of
from tests.factories import make_contact

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


def edit(contact: Contact, by: Membership, **values: str) -> None:
    change = Edit(new=values, originals={})
    update_contact(contact_id=contact.pk, edit=change, by=by, at=AT)


def history(client: Any, contact: Contact, key: str) -> Any:
    kwargs = {"team_slug": contact.team.slug, "contact_id": contact.pk, "key": key}
    return client.get(reverse("contacts:contact_field_history", kwargs=kwargs))


def test_says_who_set_it_and_what_it_was(
    as_member: Any, team: Team, member: Membership
) -> None:
    contact = make_contact(title="Analyst", source="import", source_detail="fair.csv")
    edit(contact, member, title="Countess")
    edit(contact, member, city="London")

    text = text_of(history(as_member, contact, "title"))

    assert f"{member} changed" in text
    assert "Analyst to Countess" in text
    assert "London" not in text
    assert "Imported from a file: fair.csv" in text


def test_tells_addresses_apart(as_member: Any, team: Team, member: Membership) -> None:
    contact = make_contact(emails=("a@x.example", "b@x.example"))
    first, second = contact.emails.order_by("position")
    edit(contact, member, **{f"email-{first.pk}": "work|new@x.example"})

    assert "new@x.example" in text_of(history(as_member, contact, f"email-{first.pk}"))
    other = text_of(history(as_member, contact, f"email-{second.pk}"))
    assert "new@x.example" not in other


def test_a_value_that_nobody_has_is_not_found(as_member: Any, team: Team) -> None:
    assert history(as_member, make_contact(), "search_text").status_code == 404


def test_all_fields_leads_to_it(as_member: Any, team: Team) -> None:
    contact = make_contact(title="Analyst")
    kwargs = {"team_slug": team.slug, "contact_id": contact.pk}

    page = as_member.get(reverse("contacts:contact_fields", kwargs=kwargs))

    assert "fields/title/history/" in page.content.decode()
