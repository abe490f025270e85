"""Who gives a contact to whom (product.md C12, T2)."""

import pytest
from django.utils import timezone

from crm.teams.roles import Role
from tests.contacts.profile import Visitor, html_of, sign_in, text_of
from tests.factories import make_contact, make_member


@pytest.fixture
def ada(team, member):
    return make_contact(owner=member)


@pytest.fixture
def visitor(as_member, ada):
    return Visitor(as_member, ada)


@pytest.mark.parametrize(("role", "may"), [(Role.REP, False), (Role.MANAGER, True)])
def test_a_rep_takes_no_contact_from_a_colleague(visitor, ada, role, may):
    """T2: or a rep could delete what only its owner and managers may."""
    priya = make_member(name="Priya Raman")
    ada.owner = priya
    ada.save()
    taker = make_member(role)
    client = Visitor(sign_in(taker), ada)

    page = html_of(client.get())
    saved = client.save("owner", {"owner": taker.pk})

    assert ("/fields/owner/edit/" in page) is may
    assert (visitor.now().owner == taker) is may
    assert saved.status_code == (200 if may else 422)
    if not may:
        assert "Only Priya Raman and managers give this contact" in text_of(saved)


def test_a_rep_takes_over_from_somebody_who_left(visitor, ada, member):
    ada.owner = make_member()
    ada.owner.removed_at = timezone.now()
    ada.owner.save()
    ada.save()

    visitor.save("owner", {"owner": member.pk})

    assert visitor.now().owner == member
