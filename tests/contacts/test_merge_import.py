"""An import finds whom a contact became (product.md C14, I3)."""

import pytest

from contacts.models import Contact
from tests.contacts.importing import ImportPages, counts, csv_text
from tests.contacts.merging import merge
from tests.factories import make_contact


@pytest.fixture
def pages(as_admin, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


@pytest.fixture
def survivor(admin):
    kept = make_contact(
        "Ann", "Lee", external_id="A-1", linkedin_url="https://www.linkedin.com/in/ann"
    )
    gone = make_contact(
        "Anna",
        "Leigh",
        emails=("anna@old.example",),
        phones=("+12025550122",),
        external_id="B-2",
        linkedin_url="https://www.linkedin.com/in/anna",
    )
    return merge(kept, gone, by=admin)


@pytest.mark.parametrize(
    ("heading", "value"),
    [
        ("Record ID", "B-2"),
        ("Email", "anna@old.example"),
        ("LinkedIn", "https://linkedin.com/in/anna/"),
    ],
)
def test_by_what_the_other_contact_was_known(pages, survivor, heading, value):
    text = csv_text(f"First Name,Last Name,{heading},City", f"Anna,Leigh,{value},Oslo")

    assert counts(pages.run(text)) == {"updated": 1}

    survivor.refresh_from_db()
    assert survivor.city == "Oslo"
    assert Contact.objects.saved().count() == 1
