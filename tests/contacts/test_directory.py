"""The directory is loaded from a file, for all teams together (product.md 0, P2)."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Organization
from contacts.models import Person
from contacts.services import indexing
from contacts.services.directory import BadDirectory, Loaded, load_directory
from crm.tenancy.scope import team_scope
from crm.text import fold

pytestmark = pytest.mark.django_db

ADA = {
    "key": "p1",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "title": "Analyst",
    "email": "Ada@Halden.example",
    "phone": "020 7946 0123",
    "country": "gb",
    "time_zone": "Europe/London",
    "linkedin_url": "linkedin.com/in/made-up-ada",
    "organization_key": "o1",
    "organization_name": "Halden Logistics",
    "organization_domain": "https://www.halden.example/about",
    "organization_headcount": "120",
}


def as_csv(*rows: dict[str, str]) -> str:
    text = io.StringIO()
    headings = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, headings, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def load(*rows: dict[str, str], refused: list[str] | None = None) -> Loaded:
    def refuse(line: int, reason: str) -> None:
        assert refused is not None, reason
        refused.append(f"{line}: {reason}")

    return load_directory(io.StringIO(as_csv(*rows)), refuse=refuse)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], str]:
    def save(content: bytes) -> str:
        path = tmp_path / "directory.csv"
        path.write_bytes(content)
        return str(path)

    return save


class TestLoadDirectory:
    def test_adds_people_and_organizations_in_one_form(self) -> None:
        loaded = load(ADA)

        person = Person.objects.select_related("organization").get()
        company = person.organization
        assert (loaded.created, loaded.organizations_created) == (1, 1)
        assert (person.name, person.email) == ("Ada Lovelace", "ada@halden.example")
        assert (person.phone, person.country) == ("+442079460123", "GB")
        assert person.linkedin_url == "https://linkedin.com/in/made-up-ada"
        assert (company.name, company.domain) == ("Halden Logistics", "halden.example")
        assert company.headcount == 120

    def test_keeps_what_lists_and_searches_use(self) -> None:
        load(ADA)

        person = Person.objects.get()
        assert person.name_sort == fold("Ada Lovelace")
        assert person.title_sort == "analyst"
        assert person.company_sort == "halden logistics"
        assert person.search_text == indexing.search_text(
            name="Ada Lovelace",
            title="Analyst",
            company="Halden Logistics",
            emails=["ada@halden.example"],
            phones=["+442079460123"],
        )

    def test_replaces_what_has_the_same_key(self) -> None:
        load(ADA, {**ADA, "key": "p2", "first_name": "Bob"})
        pk = Person.objects.get(key="p1").pk

        loaded = load({**ADA, "title": "Countess", "phone": ""})

        person = Person.objects.get(key="p1")
        assert (loaded.updated, loaded.created, loaded.unchanged) == (1, 0, 0)
        assert (person.pk, person.title, person.phone) == (pk, "Countess", "")
        assert person.search_text.startswith(" ada lovelace countess halden")
        assert Person.objects.count() == 2

    def test_changes_nothing_the_second_time(self) -> None:
        load(ADA)

        loaded = load(ADA)

        assert (loaded.created, loaded.updated, loaded.unchanged) == (0, 0, 1)
        assert (loaded.organizations_created, loaded.organizations_updated) == (0, 0)

    def test_gives_everybody_the_new_name_of_an_organization(self) -> None:
        load(ADA, {**ADA, "key": "p2", "first_name": "Bob"})

        load({**ADA, "organization_name": "Halden Ltd"})

        for person in Person.objects.all():
            assert person.company_sort == "halden ltd"
            assert " halden ltd " in person.search_text
            assert "logistics" not in person.search_text

    def test_the_last_row_of_a_key_counts(self) -> None:
        loaded = load(ADA, {**ADA, "last_name": "King", "organization_name": "Halden"})

        assert (loaded.rows, loaded.created, loaded.repeated) == (2, 1, 1)
        assert Person.objects.get().last_name == "King"
        assert Organization.objects.get().name == "Halden"
        assert Person.objects.get().company_sort == "halden"

    def test_takes_people_without_an_organization(self) -> None:
        load({"key": "p9", "email": "solo@here.example"})

        person = Person.objects.get()
        assert (person.name, person.organization) == ("solo@here.example", None)
        assert not Organization.objects.exists()

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"key": ""}, "The key is empty."),
            ({"key": "k" * 65}, "key: is longer than 64 characters"),
            ({"email": "no-mail"}, "email: “no-mail” is not an e-mail address"),
            ({"phone": "12"}, "phone: “12” is not a phone number"),
            ({"country": "XX"}, "country: “XX” is not the code of a country"),
            ({"time_zone": "Mars/Base"}, "time_zone: “Mars/Base” is not a time zone"),
            ({"linkedin_url": "javascript:alert(1)"}, "linkedin_url: "),
            ({"linkedin_url": "https://elsewhere.example/ada"}, "linkedin_url: "),
            ({"organization_headcount": "many"}, "organization_headcount: “many”"),
            ({"organization_headcount": "9999999999"}, "organization_headcount: "),
            ({"organization_domain": "no domain"}, "organization_domain: "),
            ({"organization_name": ""}, "The organization has a key, but no name."),
            ({"first_name": "A" * 101}, "first_name: is longer than 100 characters"),
            ({"last_name": "Love\x07lace"}, "last_name: contains control characters"),
            ({"last_name": "Love\x00lace"}, "last_name: contains unreadable"),
            (
                {"first_name": "", "last_name": "", "email": ""},
                "The person has neither",
            ),
        ],
    )
    def test_leaves_out_a_bad_row_and_says_why(
        self, change: dict[str, str], reason: str
    ) -> None:
        refused: list[str] = []

        loaded = load({**ADA, "key": "p0"}, {**ADA, **change}, refused=refused)

        assert (loaded.rows, loaded.created, loaded.refused) == (2, 1, 1)
        assert refused[0].startswith(f"3: {reason}")
        assert Person.objects.get().key == "p0"

    def test_refuses_a_row_with_more_cells_than_columns(self) -> None:
        refused: list[str] = []
        lines = io.StringIO("key,first_name\np1,Ada\np2,Bob,Ross\n\n")

        loaded = load_directory(lines, refuse=lambda n, why: refused.append(why))

        assert (loaded.created, loaded.refused) == (1, 1)
        assert refused == ["The row has more cells than there are columns."]

    @pytest.mark.parametrize(
        "text",
        ["", "name\nAda\n", "key,nmae\n1,Ada\n", "key,key\n1,1\n", 'key\n"a'],
    )
    def test_refuses_a_file_with_other_columns(self, text: str) -> None:
        with pytest.raises(BadDirectory):
            load_directory(io.StringIO(text), refuse=lambda line, reason: None)

        assert not Person.objects.exists()

    def test_needs_no_team(self) -> None:
        with team_scope(None):
            load(ADA)

        assert Person.objects.exists()


class TestCommand:
    def test_prints_one_line_with_the_counts(
        self, write: Callable[[bytes], str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        rows = [ADA, {**ADA, "key": "p2"}, {**ADA, "key": "p3", "country": "XX"}]

        call_command("load_directory", write(b"\xef\xbb\xbf" + as_csv(*rows).encode()))

        printed = capsys.readouterr()
        assert printed.out == (
            "rows=3 created=2 updated=0 unchanged=0 repeated=0 refused=1"
            " organizations_created=1 organizations_updated=0\n"
        )
        assert printed.err == "line 4: country: “XX” is not the code of a country\n"

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00k", b"PK\x03\x04\x00\x00"])
    def test_says_what_is_wrong_with_a_file(
        self, content: bytes, write: Callable[[bytes], str]
    ) -> None:
        with pytest.raises(CommandError):
            call_command("load_directory", write(content))

    def test_says_that_there_is_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            call_command("load_directory", str(tmp_path / "none.csv"))
