"""Files of any origin, and files that cannot be imported (product.md I1, Q3; security.md B8, B11)."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.test import TestCase
from django.utils import timezone

from contacts.models import Contact, ContactImport
from contacts.queries.uploads import teams_with_old_uploads
from contacts.services.importing import files
from contacts.tasks import remove_old_uploads
from crm.jobs.services import run_job
from tests.contacts.importing import ImportPages, counts, csv_text

TABLE = csv_text("Name,City,Email", "Zoë,Zürich,z@x.example", "Bob,Rome,b@x.example")


@pytest.fixture
def pages(as_member, team, eager_jobs) -> ImportPages:
    return ImportPages(as_member, team, eager_jobs)


class TestReading:
    """I1: any common delimiter and encoding, quoted newlines, preambles, ragged rows."""

    @pytest.mark.parametrize(
        "content",
        [
            TABLE.encode(),
            b"\xef\xbb\xbf" + TABLE.encode(),
            TABLE.encode("utf-16"),
            TABLE.encode("utf-16-le"),
            TABLE.encode("utf-16-be"),
            TABLE.encode("cp1252"),
            TABLE.replace(",", ";").encode(),
            TABLE.replace(",", "\t").encode(),
            TABLE.replace(",", "|").encode(),
            TABLE.replace("\n", "\r\n").encode(),
            TABLE.replace("\n", "\r").encode(),
            TABLE.rstrip("\n").encode(),
            b"People of the fair\n\n" + TABLE.encode(),
            b'"Report, by ""us"""\nMade on 1 May\n' + TABLE.encode(),
        ],
    )
    def test_a_table_is_understood_as_it_is(self, pages, content):
        job = pages.run(content)

        assert counts(job) == {"created": 2}
        zoe = Contact.objects.get(first_name="Zoë")
        assert zoe.city == "Zürich"
        assert zoe.emails.get().email == "z@x.example"

    def test_quoted_delimiters_quotes_and_newlines_belong_to_the_value(self, pages):
        pages.run('Name,Address\n"Ada ""A"" Byron","1 High St,\nLondon"\n')

        ada = Contact.objects.get()
        assert ada.name == 'Ada "A" Byron'
        assert ada.address == "1 High St, London"

    def test_the_page_says_what_was_found(self, pages):
        upload = pages.uploaded(TABLE.replace(",", ";").encode("cp1252"))
        page = pages.client.get(pages.url("import_mapping", upload.pk))

        assert upload.encoding == "cp1252"
        assert upload.delimiter == ";"
        assert page.context["reading"]["encoding"].value() == "cp1252"
        assert page.context["reading"]["delimiter"].value() == ";"
        assert "Zürich" in page.text

    def test_a_wrong_guess_is_corrected_on_the_page(self, pages):
        upload = pages.uploaded("Name:City\nAda:London\n")
        page = pages.client.get(pages.url("import_mapping", upload.pk))
        assert "There is only one column." in page.text

        upload = pages.uploaded("Name\tCity;x\nAda\tLondon;y\nBob;z\tRome\n")
        reread = {"reread": "1", "encoding": "utf-8", "heading_row": "1"}
        pages.client.post(
            pages.url("import_mapping", upload.pk), {**reread, "delimiter": "\t"}
        )

        upload.refresh_from_db()
        assert upload.headings == ["Name", "City;x"]
        assert upload.mapping[0] == "full_name"

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"encoding": "utf-8"}, "The file cannot be read as UTF-8."),
            ({"heading_row": "500"}, "The file has no row 500 for the headings."),
            ({"delimiter": "x"}, "Select a valid choice."),
        ],
    )
    def test_a_reading_that_does_not_work_changes_nothing(self, pages, change, message):
        upload = pages.uploaded(TABLE.encode("cp1252"))
        reread = {
            "reread": "1",
            "encoding": "cp1252",
            "delimiter": ",",
            "heading_row": "1",
        }
        response = pages.client.post(
            pages.url("import_mapping", upload.pk), {**reread, **change}
        )

        assert response.status_code == 422
        assert message in response.text
        before = upload.headings
        upload.refresh_from_db()
        assert upload.headings == before

    def test_duplicate_and_missing_headings_are_pointed_out(self, pages):
        upload = pages.uploaded(csv_text("Name,City,City,", "Ada,London,Paris,x"))
        page = pages.client.get(pages.url("import_mapping", upload.pk))

        assert "Several columns are headed “City”." in page.text
        assert upload.headings[3] == "Column 4"
        assert upload.mapping == ["full_name", "city", "", ""]

    def test_two_columns_for_one_field_are_refused_in_place(self, pages):
        upload = pages.uploaded(csv_text("Name,City,Town", "Ada,London,Paris"))
        response = pages.post_mapping(upload, columns={"Town": "city"})

        assert response.status_code == 422
        assert "“City” is imported as this already." in response.text

    def test_a_mapping_that_says_who_nobody_is_is_refused(self, pages):
        upload = pages.uploaded(csv_text("Name,City", "Ada,London"))
        response = pages.post_mapping(upload, columns={"Name": ""})

        assert response.status_code == 422
        assert "Say which column holds a name" in response.text

    @pytest.mark.parametrize(
        ("headings", "mapping"),
        [
            (
                "First Name,Last Name,Title,Company Name,Email,Work Direct Phone,Mobile Phone,"
                "Person Linkedin Url,Website,City,State,Country,Apollo Contact Id",
                "first_name,last_name,title,company,email:work,phone:work,phone:mobile,"
                "linkedin_url,website,city,region,country,external_id",
            ),
            (
                "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Company Name,"
                "Website URL,State/Region,Country/Region,Create Date",
                "external_id,first_name,last_name,email:work,phone:work,title,company,"
                "company_domain,region,country,",
            ),
            (
                "Person - Name,Person - Email - Work,Person - Phone - Mobile,Person - Organization",
                "full_name,email:work,phone:mobile,company",
            ),
            (
                "Given Name,Family Name,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Value,"
                "Organization 1 - Name,Address 1 - City",
                "first_name,last_name,,email:work,phone:work,company,city",
            ),
            (
                "First Name,Last Name,Company,Job Title,Business Phone,Home Phone,E-mail Address,"
                "E-mail 2 Address,Business City,Business Country/Region",
                "first_name,last_name,company,title,phone:work,phone:home,email:work,"
                "email:work,city,country",
            ),
            (
                "First Name,Last Name,URL,Email Address,Company,Position,Connected On",
                "first_name,last_name,linkedin_url,email:work,company,title,",
            ),
            (
                "Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,"
                "Mailing State/Province,Mailing Zip/Postal Code,Mailing Country,Phone,Mobile,"
                "Email,Department,Contact ID",
                ",first_name,last_name,title,company,address,city,region,,country,phone:work,"
                "phone:mobile,email:work,department,external_id",
            ),
            (
                "Id,IsDeleted,AccountId,LastName,FirstName,MailingStreet,MailingCity,"
                "MailingState,MailingCountry,Phone,MobilePhone,HomePhone,OtherPhone,Email,"
                "Title,Department,LeadSource",
                "external_id,,,last_name,first_name,address,city,region,country,phone:work,"
                "phone:mobile,phone:home,phone:other,email:work,title,department,",
            ),
        ],
        ids=[
            "apollo",
            "hubspot",
            "pipedrive",
            "google",
            "outlook",
            "linkedin",
            "salesforce report",
            "salesforce data export",
        ],
    )
    def test_usual_headings_are_recognised(self, pages, headings, mapping):
        row = ["x"] * len(headings.split(","))
        if "URL" in headings.split(","):
            row[headings.split(",").index("URL")] = "https://www.linkedin.com/in/ada"
        upload = pages.uploaded(csv_text(headings, ",".join(row)))

        assert upload.mapping == mapping.split(",")


OPEN_QUOTE = 'Name,City\nAda,London\nBob,"Rome\n' + "Cy,Oslo\n" * 20


class TestRefusedFiles:
    """Q3: each gets a clear message at its place; nothing is kept of it."""

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "The file is empty."),
            (b"\xef\xbb\xbf\n\n  \n", "The file is empty."),
            (b"Name,City\n", "The file has headings but no rows."),
            (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "This is not a table."),
            (b"\xd0\xcf\x11\xe0" + bytes(99), "of the old format (.xls)"),
            (b"%PDF-1.7\n" + bytes(range(256)), "This is not a table."),
            (bytes(range(1, 9)) * 500, "This is not a table."),
            (b"Name,City\nAda,Lon\x00don\n", "Line 2 holds a null byte"),
            (b"Name\xff,City\nAda\x81,London\n", "unknown encoding"),
            (
                b"\xff\xfe" + "Name,City\nAda,London\n".encode("utf-16-le") + b"\xd8",
                "cannot be read as UTF-16",
            ),
            (
                ",".join(f"c{n}" for n in range(10_000)).encode() + b"\n1,2\n",
                "The file has 10,000 columns; at most 200 can be imported.",
            ),
            (
                ("Name,Ci\0ty\n" + "Ada,London\n" * 200).encode("utf-16"),
                "Line 1 holds a null byte",
            ),
            (
                ("Name,City\nAda,Lon\0don\n" + "Ada,London\n" * 200).encode("utf-16"),
                "Line 2 holds a null byte",
            ),
            (OPEN_QUOTE.encode(), "opens in line 3 is never closed"),
            (
                b'Name,City\nAda,"' + b"London\n" * 300_000,
                "opens in line 2 is never closed",
            ),
        ],
        ids=[
            "empty",
            "blank",
            "headings only",
            "picture",
            "workbook",
            "pdf",
            "binary",
            "null bytes",
            "unknown encoding",
            "broken utf-16",
            "10,000 columns",
            "null in a utf-16 heading",
            "null in utf-16",
            "open quote",
            "long open quote",
        ],
    )
    def test_says_why(self, pages, content, message, tmp_path, caplog):
        response = pages.upload(content)

        assert response.status_code == 422
        assert message in response.text
        assert not ContactImport.objects.exists()
        assert not any(path.is_file() for path in tmp_path.rglob("*"))
        assert "Traceback" not in caplog.text

    def test_no_file_at_all(self, pages):
        response = pages.client.post(pages.url("import_create"), {})

        assert response.status_code == 422
        assert "Choose a file first." in response.text

    def test_a_file_over_the_limit(self, pages, settings, tmp_path):
        settings.UPLOAD_MAX_BYTES = 1024 * 1024
        settings.FILE_UPLOAD_TEMP_DIR = tmp_path
        response = pages.upload(b"Name\n" + b"Ada Lovelace\n" * 200_000)

        assert response.status_code == 422
        assert "The file is over the 1 MB limit." in response.text
        assert not any(path.is_file() for path in tmp_path.rglob("*"))

    def test_a_file_just_within_the_limit(self, pages, settings):
        content = b"Name\n" + b"Ada Lovelace\n" * 100_000
        settings.UPLOAD_MAX_BYTES = len(content)

        assert pages.uploaded(content).rows == 100_000

    def test_too_many_rows(self, pages, monkeypatch):
        monkeypatch.setattr(files, "MAX_ROWS", 1100)
        response = pages.upload(b"Name\n" + b"Ada\n" * 1101)

        assert response.status_code == 422
        assert "more than 1,100 rows" in response.text

    def test_a_file_of_blank_lines(self, pages, monkeypatch):
        """A hundred million of them would keep a worker busy for minutes."""
        monkeypatch.setattr(files, "MAX_ROWS", 1100)
        response = pages.upload(b"Name\nAda\n" + b"\n" * 1101 + b"Bob\n")

        assert response.status_code == 422
        assert "more than 1,100 blank lines" in response.text


class TestStorage:
    """B8: the key of a stored file names the team and nothing that came from outside."""

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd.csv", "a" * 300 + ".csv", "x\x01.csv", "C:\\x.csv"]
    )
    def test_the_name_is_only_a_label(self, pages, team, name):
        upload = pages.uploaded(TABLE, name=name)

        assert re.fullmatch(rf"t/{team.pk}/[0-9a-f-]{{36}}", upload.file_key)
        assert default_storage.exists(upload.file_key)
        assert "/" not in upload.file_name

    def test_a_team_uploads_so_much_a_day(self, pages, settings, other_team):
        settings.UPLOAD_MAX_BYTES_PER_DAY = len(TABLE.encode()) + 10
        pages.uploaded(TABLE)

        response = pages.upload(TABLE)

        assert response.status_code == 422
        assert "Continue tomorrow." in response.text
        assert ContactImport.objects.count() == 1

    @pytest.mark.parametrize(("days", "is_kept"), [(6, True), (8, False)])
    def test_an_upload_nobody_started_goes_after_a_week(self, pages, days, is_kept):
        upload = pages.uploaded(TABLE)

        sweep(days)

        assert ContactImport.objects.exists() is is_kept
        assert default_storage.exists(upload.file_key) is is_kept

    def test_the_file_of_an_import_goes_when_that_has_ended(self, pages):
        """Who is in it may ask to be forgotten. What became of its rows stays (D4)."""
        upload = pages.check(TABLE)
        pages.client.post(pages.url("import_start", upload.pk))
        sweep(1)
        assert default_storage.exists(upload.file_key)

        job = ContactImport.objects.get().job
        run_job(job.pk)
        sweep(0)
        sweep(0)

        assert not default_storage.exists(upload.file_key)
        assert pages.client.get(pages.url("import_create")).status_code == 200
        job.refresh_from_db()
        assert counts(job) == {"created": 2}


def sweep(days: int) -> None:
    """Look for old files as if it were so many days later."""
    with (
        time_machine.travel(timezone.now() + timedelta(days=days)),
        TestCase.captureOnCommitCallbacks(execute=True),
    ):
        for team_id in teams_with_old_uploads(at=timezone.now()):
            remove_old_uploads(team_id=team_id)
