"""What the timeline notes by itself (product.md C22, T4): set-based, in the team, in one transaction."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activities.models import Activity
from contacts.models import Contact
from contacts.services import editing
from contacts.signals import contacts_created
from crm.conflicts import Edit, Refused
from crm.tenancy.scope import team_scope
from tests.factories import AccountFactory, make_contact


def created(pks, by=None):
    contacts_created.send(sender=Contact, contact_ids=pks, by=by, at=timezone.now())


def test_each_new_contact_gets_its_entry(member):
    account = AccountFactory()
    ada = make_contact(account=account, source="import", source_detail="fair.csv")

    created([ada.pk], by=member)

    note = Activity.objects.get()
    assert (note.kind, note.contact, note.account, note.member) == (
        "created",
        ada,
        account,
        member,
    )
    assert note.detail == {"source": "import", "source_detail": "fair.csv"}


def test_thousands_take_the_queries_of_one(team):
    pks = [make_contact(f"C{n}").pk for n in range(20)]

    with CaptureQueriesContext(connection) as one:
        created(pks[:1])
    with CaptureQueriesContext(connection) as many:
        created(pks[1:])

    assert Activity.objects.count() == 20
    assert len(one) == len(many)


def test_another_teams_contacts_get_none(team, other_team):
    ada = make_contact()

    with team_scope(other_team.pk):
        created([ada.pk])
        assert not Activity.objects.exists()

    assert not Activity.objects.exists()


def test_an_edit_that_is_refused_leaves_no_note(member):
    ada = make_contact()
    edit = Edit(new={"title": "CEO", "stage": "0"}, originals={})

    with pytest.raises(Refused):
        editing.update_contact(
            contact_id=ada.pk, edit=edit, by=member, at=timezone.now()
        )

    assert not Activity.objects.exists()
    assert Contact.objects.get().title == ""
