"""What a file of people says of their companies (product.md I1, I3, C61)."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountFieldValue
from contacts.models import ContactExport, ContactImport
from contacts.queries.export_columns import columns_of, load_names
from contacts.queries.exporting import rows_of
from layouts.models import CustomField, FieldOption
from tests.contacts.importing import ImportPages, counts, csv_text, reasons
from tests.factories import AccountFactory, make_contact

Kind, Record = CustomField.Kind, CustomField.Record


@pytest.fixture
def pages(as_admin: Client, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


@pytest.fixture
def tier(team):
    field = CustomField.objects.create(
        name="Tier", kind=Kind.PICKLIST, record=Record.ACCOUNT
    )
    FieldOption.objects.create(field=field, name="Gold")
    FieldOption.objects.create(field=field, name="Tin", position=1)
    return field


def tier_of(account: Account) -> list[str]:
    rows = AccountFieldValue.objects.filter(account=account)
    names = dict(FieldOption.objects.values_list("pk", "name"))
    return [names[pk] for row in rows for pk in row.option_ids]


FILE = csv_text(
    "Name,Company,Industry,# Employees,Company Phone,Company City,Company State,"
    "Company Country,Account: Tier",
    'Ada,Acme,Robotics,"1,400",202-224-3441,Oslo,Viken,Norway,Gold',
    "Bob,Acme,Toys,9,,Bergen,,,Tin",
    "Cy,Globex,Energy,,,,,,",
)


class TestNewAccounts:
    def test_get_what_the_first_row_says(self, pages, tier):
        job = pages.run(FILE)

        assert counts(job) == {"created": 3}
        acme, globex = Account.objects.order_by("name")
        assert (acme.industry, acme.headcount) == ("Robotics", 1400)
        assert acme.phone == "+12022243441"
        assert (acme.city, acme.region, acme.country) == ("Oslo", "Viken", "NO")
        assert tier_of(acme) == ["Gold"]
        assert (globex.industry, globex.headcount) == ("Energy", None)
        assert (globex.phone, globex.country) == ("", "")
        assert tier_of(globex) == []

    def test_in_the_second_chunk_too(self, pages, tier, settings):
        settings.IMPORT_CHUNK_ROWS = 1
        pages.run(FILE)

        acme = Account.objects.get(name="Acme")
        assert (acme.industry, acme.headcount, acme.city) == ("Robotics", 1400, "Oslo")
        assert tier_of(acme) == ["Gold"]


class TestExistingAccounts:
    @pytest.fixture
    def acme(self, team):
        return AccountFactory(name="Acme", industry="Toys", headcount=None, city="")

    @pytest.mark.parametrize("existing", ContactImport.Existing.values)
    def test_only_what_is_empty_is_filled(self, pages, tier, acme, existing):
        pages.run(FILE, existing=existing)

        version = acme.version
        acme.refresh_from_db()
        assert (acme.industry, acme.headcount, acme.city) == ("Toys", 1400, "Oslo")
        assert tier_of(acme) == ["Gold"]
        assert acme.version == version + 1

    def test_a_value_of_the_teams_own_field_stays(self, pages, tier, acme):
        tin = FieldOption.objects.get(name="Tin")
        AccountFieldValue.objects.create(account=acme, field=tier, option_ids=[tin.pk])
        pages.run(FILE)

        assert tier_of(acme) == ["Tin"]

    def test_undo_empties_it_again(self, pages, tier, acme, as_admin):
        job = pages.run(FILE)
        url = reverse("jobs:job_detail", args=[pages.team.slug, job.pk])
        undo = as_admin.get(url).context["undo_url"]
        with pages.run_queued(execute=True):
            as_admin.post(undo)

        acme.refresh_from_db()
        assert (acme.industry, acme.headcount, acme.city) == ("Toys", None, "")
        assert tier_of(acme) == []
        assert not Account.objects.filter(name="Globex").exists()

    def test_a_contact_that_is_left_alone_fills_nothing(self, pages, tier, acme):
        make_contact("Ada", "", emails=("a@x.example",), account=acme)
        pages.run(
            csv_text("Email,Company,Company City", "a@x.example,Acme,Oslo"),
            existing=ContactImport.Existing.SKIP,
        )

        acme.refresh_from_db()
        assert acme.city == ""


class TestProblems:
    def test_what_is_none_is_left_out_and_said(self, pages, tier):
        job = pages.run(
            csv_text(
                "Name,Company,# Employees,Company Country,Company Phone,Account: Tier",
                "Ada,Acme,51-200,Atlantis,nobody,Silver",
            )
        )

        reason = reasons(job)[2]
        for said in ("“51-200”", "“Atlantis”", "“nobody”", "“Silver”"):
            assert said in reason
        acme = Account.objects.get()
        assert (acme.headcount, acme.country, acme.phone) == (None, "", "")

    @pytest.mark.parametrize("text", [".", "','", " . ", "-"])
    def test_a_headcount_without_a_digit_is_left_out(self, pages, text):
        job = pages.run(csv_text("Name,Company,Headcount", f'Ada,Acme,"{text}"'))

        assert "Enter a whole number" in reasons(job)[2]
        assert Account.objects.get().headcount is None

    def test_a_row_without_a_company_says_nothing_of_one(self, pages):
        make_contact("Ada", emails=("a@x.example",), account=AccountFactory(city=""))
        job = pages.run(csv_text("Email,Company City", "a@x.example,Oslo"))

        assert "it names none" in reasons(job)[2]
        assert Account.objects.get().city == ""


class TestRoundTrip:
    """I5, I1: a file with all fields says of the companies what an import takes."""

    def test_an_emptied_account_is_as_before(self, pages, admin, tier):
        gold = FieldOption.objects.get(name="Gold")
        acme = AccountFactory(
            name="Acme",
            domain="acme.example",
            industry="=Robotics, “new”",
            headcount=1400,
            phone="+493012345678",
            city="Oslo",
            region="Viken",
            country="NO",
        )
        AccountFieldValue.objects.create(account=acme, field=tier, option_ids=[gold.pk])
        ada = make_contact("Ada", account=acme)
        columns = columns_of(ContactExport(columns="all"), load_names(None))
        file = io.StringIO()
        headings = [column.heading for column in columns]
        csv.writer(file).writerows([headings, *rows_of([ada.pk], columns, by=admin)])
        names = ("industry", "headcount", "phone", "city", "region", "country")
        before = Account.objects.values(*names).get()

        AccountFieldValue.objects.all().delete()
        Account.objects.update(**{**dict.fromkeys(names, ""), "headcount": None})
        pages.run(file.getvalue())

        assert Account.objects.values(*names).get() == before
        assert tier_of(acme) == ["Gold"]
