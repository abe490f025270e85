"""By which IDs an import finds contacts, and what it does with deleted ones (product.md I3)."""

import pytest
from django.utils import timezone

from contacts.models import Contact
from contacts.services import deletion
from crm.tenancy.scope import team_scope
from tests.contacts.importing import ImportPages, counts, csv_text, reasons
from tests.factories import make_contact


@pytest.fixture
def pages(as_admin, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


class TestOwnId:
    """I3: our own ID comes before everything else."""

    def test_finds_the_contact_whatever_else_the_row_says(self, pages):
        ada = make_contact(emails=("a@x.example",))
        make_contact("Bob", emails=("b@x.example",))
        job = pages.run(
            csv_text("Rapport ID,Email,City", f"{ada.pk},b@x.example,London")
        )

        assert counts(job) == {"updated": 1}
        ada.refresh_from_db()
        assert ada.city == "London"
        assert "belongs to another contact" in reasons(job)[2]

    def test_alone_it_only_finds(self, pages, other_team):
        with team_scope(other_team.pk):
            theirs = make_contact("Eve")
        ada = make_contact()
        job = pages.run(
            csv_text(
                "Rapport ID,City",
                f"{ada.pk},London",
                f"{theirs.pk},Paris",
                "x,Rome",
            )
        )

        assert counts(job) == {"updated": 1, "refused": 2}
        assert reasons(job)[3] == "There is no contact with this ID"
        assert Contact.objects.count() == 1


class TestDeletedContacts:
    """I3: restored, left in the bin or created anew, as one chooses."""

    TABLE = csv_text("Name,Email", "Ada Lovelace,a@x.example", "Ada L,a@x.example")

    @pytest.fixture(autouse=True)
    def deleted(self, admin) -> Contact:
        ada = make_contact(emails=("a@x.example",))
        deletion.delete_contacts(contact_ids=[ada.pk], by=admin, at=timezone.now())
        return ada

    def test_left_in_the_bin(self, pages):
        job = pages.run(self.TABLE, binned="skip")

        assert counts(job) == {"skipped": 2}
        assert reasons(job)[2] == "Is a deleted contact"
        assert not Contact.objects.saved().exists()

    def test_created_anew(self, pages, deleted):
        job = pages.run(self.TABLE, binned="new")

        assert counts(job) == {"created": 1, "skipped": 1}
        assert Contact.objects.saved().get().pk != deleted.pk
