"""What an import says of rows and values that it cannot keep (product.md I2, I4, Q3)."""

import pytest

from contacts.models import Contact
from crm.jobs.models import JobRow
from tests.contacts.importing import ImportPages, counts, csv_text, reasons
from tests.factories import make_contact


@pytest.fixture
def pages(as_admin, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


class TestProblems:
    """I4, Q3: no row is lost; what cannot be kept is named."""

    @pytest.mark.parametrize(
        ("rows", "outcome", "reason"),
        [
            (
                ["Name,Email", "Ada,not-an-address"],
                "created",
                "Email: “not-an-address” is not an e-mail address: it has no @",
            ),
            (
                ["Name,Phone", "Ada,12"],
                "created",
                "Phone: “12” is not a phone number in any country",
            ),
            (
                ["Name,Email", f"Ada,{';'.join(f'a{n}@x.example' for n in range(22))}"],
                "created",
                "Email: only the first 20 of 22 are kept",
            ),
            (
                ["Email,City", "nope,Paris"],
                "refused",
                "There is no name, e-mail, phone or ID in this row; "
                "Email: “nope” is not an e-mail address: it has no @",
            ),
            (
                ["Name,Country", "Ada,Atlantis"],
                "created",
                "Country: “Atlantis” is not a country we know",
            ),
            (
                ["Name,Website", "Ada,javascript:alert(1)"],
                "created",
                "Website: “javascript:alert(1)” is left out. "
                "Enter a web address, like example.com",
            ),
            (
                ["Name,Title", f"Ada,{'x' * 201}"],
                "refused",
                "“Title” has 201 characters; at most 200 fit",
            ),
            (
                ["First Name", "x" * 10_000],
                "refused",
                "“First Name” has 10,000 characters; at most 100 fit",
            ),
            (
                ["Name,Notes", f"Ada,{'x' * 70_000}"],
                "refused",
                "“Notes” has 70,000 characters; at most 65,536 fit",
            ),
            (["Name,Email", "Ada,a@x.example,,"], "created", ""),
            (
                ["Name,Email", "Ada,a@x.example,surplus"],
                "refused",
                "The row has 3 values, but there are 2 headings",
            ),
            (["Name,Email,City", "Ada"], "created", ""),
            (["Name,Email", ","], "skipped", "The row is empty"),
        ],
    )
    def test_every_row_has_an_outcome(self, pages, rows, outcome, reason):
        columns = {"Notes": "new:text"} if "Notes" in rows[0] else {}
        job = pages.run(csv_text(*rows), columns=columns)

        assert counts(job) == {outcome: 1}
        assert reasons(job)[2] == reason

    def test_an_address_of_somebody_else_stays_there(self, pages):
        make_contact("Bob", "Builder", emails=("bob@x.example",))
        job = pages.run(
            csv_text(
                "Name,Email,Email 2",
                "Ada,a@x.example,",
                "Ada,a@x.example,bob@x.example",
            )
        )

        assert counts(job) == {"created": 1, "skipped": 1}
        assert "bob@x.example belongs to another contact" in reasons(job)[3]

    def test_system_fields_are_never_imported(self, pages):
        upload = pages.uploaded(
            csv_text("Name,deletedAt,Created At,team_id", "Ada,2020-01-01,2020-01-01,1")
        )
        assert upload.mapping == ["full_name", "", "", ""]

        response = pages.post_mapping(upload, columns={"deletedAt": "deleted_at"})
        assert response.status_code == 422

    def test_what_a_spreadsheet_would_calculate_is_only_text(self, pages):
        pages.run(csv_text("Name,Title", "Ada,'=HYPERLINK(1)"))

        assert Contact.objects.get().title == "=HYPERLINK(1)"

    def test_blank_lines_are_no_rows(self, pages):
        job = pages.run("Name,Email\n\nAda,a@x.example\n\n\n")

        assert counts(job) == {"created": 1}

    @pytest.mark.parametrize("chunk", [1, 100])
    def test_rows_have_the_numbers_that_a_spreadsheet_shows(
        self, pages, settings, chunk
    ):
        """I2: whoever looks for a row of the ledger in the file finds it."""
        settings.IMPORT_CHUNK_ROWS = chunk
        job = pages.run(
            'My people\n\nName,Email\n"Ada\nB",a@x.example\n\nEda,A@x.example\n'
        )

        assert reasons(job) == {4: "", 6: "Same person as row 4"}

    def test_the_ledger_names_the_contact_of_each_row(self, pages):
        job = pages.run(csv_text("Name", "Ada", "Bob"))

        rows = JobRow.objects.filter(job=job).order_by("number")
        named = {row.record_id: row.label for row in rows}
        assert named == dict(Contact.objects.values_list("pk", "name"))
