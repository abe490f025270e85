"""`manage.py import_contacts`: one line, the same import (product.md I1, I3, I4)."""

import re

import pytest
from django.core.management import CommandError, call_command

from contacts.models import Contact, ContactImport
from contacts.services.importing import running
from crm.jobs.models import Job, JobRow
from layouts.models import CustomField
from tests.contacts.importing import OFFICES, PEOPLE, csv_text
from tests.factories import make_contact

LINE = re.compile(
    r"rows=(\d+) created=(\d+) updated=(\d+) restored=(\d+) skipped=(\d+) refused=(\d+)\n"
)


@pytest.fixture
def run(team, tmp_path, settings, capsys):
    settings.MEDIA_ROOT = tmp_path / "files"

    def run(content, *options):
        path = tmp_path / "people.csv"
        path.write_text(content)
        call_command("import_contacts", "--team", team.slug, str(path), *options)
        line = LINE.fullmatch(capsys.readouterr().out)
        rows, *outcomes = map(int, line.groups())
        assert rows == sum(outcomes)
        return [rows, *outcomes]

    return run


class TestImportContacts:
    def test_prints_one_line_that_adds_up(self, run):
        make_contact(emails=("b@x.example",))
        content = csv_text(
            "Name,Email,City",
            "Ada,a@x.example,",
            "Bob,b@x.example,Rome",
            ",,",
            ",,Oslo",
        )

        assert run(content) == [4, 1, 1, 0, 1, 1]

    def test_the_public_files_shapes(self, run):
        assert run(PEOPLE, "--custom-fields") == [20, 20, 0, 0, 0, 0]
        assert set(CustomField.objects.values_list("name", "kind")) == {
            ("Party", "text"),
            ("Term Start", "date"),
        }
        assert run(OFFICES) == [61, 0, 60, 0, 1, 0]
        assert run(PEOPLE, "--custom-fields") == [20, 0, 0, 0, 20, 0]
        assert run(OFFICES) == [61, 0, 0, 0, 61, 0]

    def test_existing_contacts_can_be_overwritten_or_skipped(self, run):
        make_contact(emails=("a@x.example",), city="London")
        content = csv_text("Email,City", "a@x.example,Paris")

        assert run(content, "--existing", "skip") == [1, 0, 0, 0, 1, 0]
        assert run(content, "--existing", "overwrite") == [1, 0, 1, 0, 0, 0]
        assert Contact.objects.get().city == "Paris"

    def test_columns_can_be_mapped_by_hand(self, run):
        CustomField.objects.create(name="Team colour", kind="text")
        content = csv_text("Who,Colour,Size,City", "Ada,red,7,Rome")
        options = ("Who=full_name", "Colour=Team colour", "Size=new", "City=")
        run(content, *(part for option in options for part in ("--map", option)))

        ada = Contact.objects.get()
        assert ada.name == "Ada"
        assert ada.city == ""
        values = ada.field_values.order_by("pk").values_list(
            "field__name", "text_value", "number_value"
        )
        assert list(values) == [("Team colour", "red", None), ("Size", "", 7.0)]

    def test_a_run_that_was_killed_is_finished_by_the_next(
        self, run, monkeypatch, settings
    ):
        settings.IMPORT_CHUNK_ROWS, settings.JOB_LEASE_SECONDS = 2, 0
        content = csv_text("Name,Email", *(f"P{n},p{n}@x.example" for n in range(7)))
        chunk = running._import

        def die_in_the_third(import_run, rows, finished):
            if finished > 4:
                raise KeyboardInterrupt
            return chunk(import_run, rows, finished)

        monkeypatch.setattr(running, "_import", die_in_the_third)
        with pytest.raises(KeyboardInterrupt):
            run(content)
        monkeypatch.undo()
        settings.IMPORT_CHUNK_ROWS, settings.JOB_LEASE_SECONDS = 2, 0
        assert Contact.objects.count() == 4

        assert run(content) == [7, 7, 0, 0, 0, 0]
        assert Contact.objects.count() == 7
        assert Job.objects.count() == ContactImport.objects.count() == 1
        assert JobRow.objects.count() == 7

    @pytest.mark.parametrize(
        ("content", "options", "message"),
        [
            ("", [], "The file is empty."),
            ("Name\nAda\n", ["--map", "Nom=full_name"], "There is no column “Nom”."),
            (
                "Name\nAda\n",
                ["--map", "Name=deleted_at"],
                "There is no field “deleted_at”.",
            ),
            (
                "Name,Town\nAda,x\n",
                ["--map", "Town=full_name"],
                "Two columns lead to full_name.",
            ),
        ],
    )
    def test_says_what_is_wrong(self, run, content, options, message):
        with pytest.raises(CommandError, match=re.escape(message)):
            run(content, *options)

        assert not Contact.objects.exists()

    def test_a_team_or_file_that_is_not_there(self, team):
        with pytest.raises(CommandError, match="no team “nobody”"):
            call_command("import_contacts", "--team", "nobody", "x.csv")
        with pytest.raises(CommandError, match="No such file"):
            call_command("import_contacts", "--team", team.slug, "/nowhere.csv")
