"""Excel workbooks: their cells, their sheets, those that are refused (product.md I1; security.md B11)."""

import io
import zipfile

import pytest

from contacts.models import Contact, ContactImport
from layouts.models import CustomField
from tests.contacts.importing import ImportPages, counts, csv_text
from tests.contacts.workbooks import DAY, MOMENT, cell, sheet, workbook

PEOPLE = sheet(
    ["Name", "Email", "Mobile"],
    ["Zoë", "z@x.example", 442079460018.0],
    ["Bob", "b@x.example"],
)


@pytest.fixture
def pages(as_admin, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


class TestWorkbooks:
    """I1: an .xlsx is read like any table."""

    def test_a_sheet_is_imported(self, pages):
        job = pages.run(workbook({"People": PEOPLE}), name="people.xlsx")

        assert counts(job) == {"created": 2}
        zoe = Contact.objects.get(first_name="Zoë")
        assert zoe.emails.get().email == "z@x.example"

    def test_values_are_what_a_person_would_type(self, pages):
        rows = sheet(
            ["Name", "Code", "Ratio", "Born", "Met", "Sum"],
            ["Ada", 4711.0, 0.25, (45000, DAY), (45000.5, MOMENT), "two\nlines"],
        )
        upload = pages.uploaded(workbook({"A": rows}), "a.xlsx")

        assert [values[0] for values in upload.samples] == [
            "Ada",
            "4711",
            "0.25",
            "2023-03-15",
            "2023-03-15 12:00:00",
            "two\nlines",
        ]

    def test_of_formulas_the_stored_results_count(self, pages):
        rows = (
            f'<row r="1">{cell("A1", "Name")}{cell("B1", "City")}{cell("C1", "State")}</row>'
            f'<row r="2">{cell("A2", "Ada", formula="B2")}{cell("B2", formula="1+1")}'
            f"{cell('C2', 'WA')}</row>"
        )
        upload = pages.uploaded(workbook({"A": rows}), "a.xlsx")

        assert upload.samples == [["Ada"], [], ["WA"]]

    def test_rows_keep_the_numbers_that_excel_shows(self, pages):
        """I2: the ledger names the row as the person sees it, below a title and blank rows."""
        rows = sheet(
            ["Fair of 2026"], [], ["Name", "Email"], [], ["Ada", "a@x.example"]
        )
        upload = pages.check(workbook({"A": rows}))
        job = pages.start(upload)

        assert upload.heading_row == 2
        assert list(job.rows.values_list("number", flat=True)) == [5]

    def test_another_sheet_is_chosen(self, pages):
        content = workbook(
            {"Notes": "", "People": PEOPLE, "More": sheet(["Name"], ["Cy"], ["Di"])}
        )
        upload = pages.uploaded(content, "a.xlsx")
        assert (upload.sheet, upload.rows) == ("People", 2)
        page = pages.client.get(pages.url("import_mapping", upload.pk)).text
        assert "Notes" in page
        body = {"reread": "1", "sheet": "More", "heading_row": "1"}
        pages.client.post(pages.url("import_mapping", upload.pk), body)
        upload.refresh_from_db()

        assert (upload.sheet, upload.headings) == ("More", ["Name"])
        body["sheet"] = "Notes"
        answer = pages.client.post(pages.url("import_mapping", upload.pk), body)
        assert answer.status_code == 422
        body["sheet"] = "Elsewhere"
        answer = pages.client.post(pages.url("import_mapping", upload.pk), body)
        assert answer.status_code == 422
        upload.refresh_from_db()
        assert upload.sheet == "More"

    def test_both_files_of_a_workbook_go_with_it(self, pages, tmp_path):
        upload = pages.uploaded(workbook({"A": PEOPLE}), "a.xlsx")
        stored = [tmp_path / key for key in upload.keys]
        assert [path.exists() for path in stored] == [True, True]
        with pages.run_queued(execute=True):
            pages.client.post(pages.url("import_discard", upload.pk))

        assert [path.exists() for path in stored] == [False, False]


class TestRefusedWorkbooks:
    """Q3, B11: a clear message, and nothing is kept."""

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (workbook({"A": ""}), "The file is empty."),
            (workbook({"A": sheet(["Name"])}), "headings but no rows"),
            (workbook({"A": PEOPLE})[:300], "The workbook is damaged."),
            (
                workbook(
                    {"A": PEOPLE + f'<row r="1048576">{cell("XFD1048576", "x")}</row>'}
                ),
                "unpacks to more than can be read",
            ),
            (b"\xd0\xcf\x11\xe0" + bytes(2000), "of the old format (.xls)"),
        ],
        ids=["empty", "headings-only", "cut", "last-cell", "xls"],
    )
    def test_a_file_that_cannot_be_read(self, pages, content, message):
        response = pages.upload(content, "a.xlsx")

        assert response.status_code == 422
        assert message in response.text
        assert not ContactImport.objects.exists()

    def test_an_archive_is_opened_in_no_process_that_answers_people(
        self, pages, monkeypatch
    ):
        """B9: half a gigabyte of names alone would take six of memory."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for number in range(1000):
                archive.writestr(str(number), "")

        def refuse(*_args, **_kwargs):
            raise AssertionError("An archive was opened here.")

        monkeypatch.setattr(zipfile, "ZipFile", refuse)
        response = pages.upload(buffer.getvalue(), "many.xlsx")

        assert response.status_code == 422
        assert "This is not a table." in response.text

    def test_an_archive_of_something_else(self, pages):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("a.txt", "Name\nAda\n")
        response = pages.upload(buffer.getvalue(), "a.xlsx")

        assert "This is not a table." in response.text


class TestRememberedMapping:
    """I1: the next file with the same headings is mapped like the last one."""

    TABLE = csv_text("Name,Town,Rank", "Ada,Bath,1")

    def test_what_was_corrected_is_remembered(self, pages):
        pages.run(self.TABLE, columns={"Town": "region", "Rank": "new:number"})
        upload = pages.uploaded(csv_text("Name,Town,Rank", "Bob,Hull,2"))
        rank = CustomField.objects.get(name="Rank")
        assert upload.mapping == ["full_name", "region", f"custom:{rank.pk}"]

        rank.delete()
        upload = pages.uploaded(csv_text("Name,Town,Rank", "Cy,York,3"))
        assert upload.mapping == ["full_name", "region", ""]

    def test_other_headings_are_guessed(self, pages):
        pages.run(self.TABLE, columns={"Town": "region"})

        upload = pages.uploaded(csv_text("Name,Town", "Bob,Hull"))
        assert upload.mapping == ["full_name", "city"]
