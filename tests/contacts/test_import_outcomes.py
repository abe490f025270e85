"""What an import does to contacts (product.md I2, I3, I4; reference.md 1.R)."""

import pytest
from django.utils import timezone

from accounts.models import Account
from contacts.models import Contact, ContactFieldValue, ContactImport
from contacts.services import deletion
from crm.tenancy.scope import team_scope
from layouts.models import CustomField
from tests.contacts.importing import (
    OFFICES,
    PEOPLE,
    ImportPages,
    counts,
    csv_text,
    reasons,
)
from tests.factories import AccountFactory, make_contact

OVERWRITE, SKIP = ContactImport.Existing.OVERWRITE, ContactImport.Existing.SKIP


@pytest.fixture
def pages(as_admin, team, eager_jobs) -> ImportPages:
    return ImportPages(as_admin, team, eager_jobs)


def emails(contact: Contact) -> list[str]:
    return list(contact.emails.order_by("position").values_list("email", flat=True))


def phones(contact: Contact) -> list[str]:
    return list(contact.phones.order_by("position").values_list("number", flat=True))


class TestNewContacts:
    """I2, I4: a row that matches nobody becomes a contact with everything it says."""

    def test_all_values_arrive(self, pages, team):
        job = pages.run(
            csv_text(
                "First Name,Last Name,Job Title,Company,Company Website,Email,Work Phone,Mobile,"
                "City,State,Country,LinkedIn,Twitter,Website,Record ID",
                "Ada,Lovelace,Analyst,Engines Ltd,https://www.engines.example/x,Ada@Engines.example,"
                "202-224-3441,+44 20 7946 0018,London,England,United Kingdom,"
                "https://www.linkedin.com/in/ada,@ada,ada.example,A-1",
            )
        )

        assert counts(job) == {"created": 1}
        ada = Contact.objects.get()
        assert (ada.name, ada.title, ada.city) == ("Ada Lovelace", "Analyst", "London")
        assert (ada.region, ada.country, ada.external_id) == ("England", "GB", "A-1")
        assert ada.linkedin_url == "https://www.linkedin.com/in/ada"
        assert ada.x_url == "https://x.com/ada"
        assert ada.website == "https://ada.example"
        assert ada.account.name == "Engines Ltd"
        assert ada.account.domain == "engines.example"
        assert emails(ada) == ["Ada@Engines.example"]
        assert phones(ada) == ["+442079460018"]
        assert ada.source == Contact.Source.IMPORT
        assert ada.source_detail == "people.csv"
        assert ada.stage.is_first

    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("sen.johncornyn", "https://www.facebook.com/sen.johncornyn"),
            ("fb.com/ada.l", "https://fb.com/ada.l"),
            ("engines.com", ""),
        ],
    )
    def test_account_names_of_facebook_may_have_dots(self, pages, text, kept):
        pages.run(csv_text("Name,Facebook", f"Ada,{text}"))

        assert Contact.objects.get().facebook_url == kept

    def test_a_phone_is_read_in_the_country_chosen(self, pages):
        pages.run(csv_text("Name,Phone", "Otto,030 901820"), country="DE")

        assert phones(Contact.objects.get()) == ["+4930901820"]

    def test_lists_and_searches_find_it(self, pages):
        pages.run(
            csv_text("Name,Title,Company,Email", "Zoë Åberg,CTO,Ö AB,z@o.example")
        )

        zoe = Contact.objects.get()
        assert (zoe.name_sort, zoe.title_sort, zoe.account_sort) == (
            "zoe aberg",
            "cto",
            "o ab",
        )
        assert zoe.primary_email == "z@o.example"
        assert zoe.search_text == " zoe aberg cto o ab z@o.example"

    def test_stage_owner_and_list_are_those_chosen(self, pages, member, team):
        stage = Contact._meta.get_field("stage").related_model.objects.get(
            name="Replied"
        )
        team_list = Contact._meta.apps.get_model(
            "contacts", "ContactList"
        ).objects.create(name="Fair")
        pages.run(
            csv_text("Name,Email", "Ada,a@x.example"),
            stage=stage.pk,
            owner=member.pk,
            list=team_list.pk,
        )

        ada = Contact.objects.get()
        assert ada.stage == stage
        assert ada.owner == member
        assert ada.list_entries.get().list == team_list

    def test_several_addresses_in_one_cell_are_all_kept(self, pages):
        pages.run(
            csv_text(
                "Name,Email,Phone",
                '"Ada","a@x.example; b@x.example, c@x.example","202-224-3441 ::: 202-224-3442"',
            )
        )

        ada = Contact.objects.get()
        assert emails(ada) == ["a@x.example", "b@x.example", "c@x.example"]
        assert phones(ada) == ["+12022243441", "+12022243442"]

    def test_a_full_name_is_split(self, pages):
        pages.run(
            csv_text(
                "Full Name,Email",
                "Ludwig van Beethoven,l@x.example",
                '"Lovelace, Augusta Ada",a@x.example',
                "Plato,p@x.example",
            )
        )

        names = Contact.objects.order_by("pk").values_list("first_name", "last_name")
        assert list(names) == [
            ("Ludwig", "van Beethoven"),
            ("Augusta Ada", "Lovelace"),
            ("Plato", ""),
        ]

    def test_a_contact_without_a_name_is_called_by_its_address(self, pages):
        pages.run(
            csv_text("Email,Phone,Record ID", "a@x.example,,", ",202-224-3441,", ",,X7")
        )

        names = Contact.objects.order_by("pk").values_list("name", flat=True)
        assert list(names) == ["a@x.example", "+12022243441", "X7"]


class TestCustomFields:
    """I1: unknown columns become custom fields, with a type that fits their values."""

    def test_are_created_and_filled(self, pages):
        job = pages.run(
            csv_text(
                "Name,Email,Party,Seats,Since,Form",
                'Ada,a@x.example,Whig,"1,200.5",03/04/2025,https://f.example/1',
                "Bob,b@x.example,Tory,,,",
            ),
            columns={
                "Party": "new:text",
                "Seats": "new:number",
                "Since": "new:date",
                "Form": "new:url",
            },
        )

        assert counts(job) == {"created": 2}
        values = {
            value.field.name: value.text_value or value.number_value or value.date_value
            for value in Contact.objects.get(first_name="Ada").field_values.all()
        }
        assert values["Party"] == "Whig"
        assert values["Seats"] == 1200.5
        assert values["Since"].isoformat() == "2025-03-04"
        assert values["Form"] == "https://f.example/1"
        assert Contact.objects.get(first_name="Bob").field_values.count() == 1

    def test_a_value_of_another_type_is_left_out_with_a_note(self, pages):
        job = pages.run(
            csv_text("Name,Seats", "Ada,many"), columns={"Seats": "new:number"}
        )

        assert counts(job) == {"created": 1}
        assert reasons(job)[2] == "Seats: “many” is not a number"
        assert not ContactFieldValue.objects.exists()

    def test_a_field_of_that_name_is_filled_without_asking(self, pages):
        field = CustomField.objects.create(name="Party", kind="text")
        pages.run(csv_text("Name,party", "Ada,Whig"))

        assert Contact.objects.get().field_values.get().field == field

    def test_a_rep_may_not_create_them(self, as_member, team, eager_jobs):
        pages = ImportPages(as_member, team, eager_jobs)
        upload = pages.uploaded(csv_text("Name,Party", "Ada,Whig"))
        response = pages.post_mapping(upload, columns={"Party": "new:text"})

        assert response.status_code == 422
        assert "Create custom field" not in response.text
        assert not CustomField.objects.exists()


class TestMatching:
    """I3: first hit wins: id, any e-mail, LinkedIn, phone with name; never name and company."""

    @pytest.mark.parametrize(
        ("heading", "value"),
        [
            ("Record ID", "E-7"),
            ("Email", "SECOND@x.example"),
            ("LinkedIn", "http://linkedin.com/in/ada/"),
            ("Phone", "(202) 224-3441"),
        ],
    )
    def test_a_contact_is_found(self, pages, heading, value):
        ada = make_contact(
            emails=("first@x.example", "second@x.example"),
            phones=("+12022243441",),
            external_id="E-7",
            linkedin_url="https://www.linkedin.com/in/ada",
        )
        job = pages.run(
            csv_text(f"Name,{heading},City", f"Ada Lovelace,{value},London")
        )

        assert counts(job) == {"updated": 1}
        ada.refresh_from_db()
        assert ada.city == "London"

    def test_a_phone_of_somebody_with_another_name_is_no_match(self, pages):
        make_contact("Charles", "Babbage", phones=("+12022243441",))
        job = pages.run(csv_text("Name,Phone", "Ada Lovelace,202-224-3441"))

        assert counts(job) == {"created": 1}

    def test_name_and_company_alone_are_no_match(self, pages):
        make_contact(account=AccountFactory(name="Engines"))
        job = pages.run(csv_text("Name,Company", "Ada Lovelace,Engines"))

        assert counts(job) == {"created": 1}

    def test_the_id_wins_over_the_email(self, pages):
        by_id = make_contact("Ada", "One", external_id="E-1")
        by_email = make_contact("Ada", "Two", emails=("a@x.example",))
        job = pages.run(csv_text("Record ID,Email,City", "E-1,a@x.example,Paris"))

        by_id.refresh_from_db()
        assert by_id.city == "Paris"
        assert emails(by_id) == []
        assert emails(by_email) == ["a@x.example"]
        assert reasons(job)[2] == "City: Paris; a@x.example belongs to another contact"

    def test_another_teams_contact_is_no_match(self, pages, other_team):
        with team_scope(other_team.pk):
            theirs = make_contact(emails=("a@x.example",), external_id="E-1")
        job = pages.run(csv_text("Record ID,Email,City", "E-1,a@x.example,Paris"))

        assert counts(job) == {"created": 1}
        with team_scope(other_team.pk):
            theirs.refresh_from_db()
            assert theirs.city == ""


class TestExistingContacts:
    """I3: what happens to contacts that are there is a choice; a blank cell changes nothing."""

    FILE = csv_text(
        "First Name,Last Name,Email,City,Title", "Ada,King,a@x.example,Paris,"
    )

    @pytest.fixture
    def ada(self, team):
        return make_contact(
            emails=("a@x.example",), city="London", title="Analyst", region=""
        )

    def test_only_empty_fields_are_filled(self, pages, ada):
        job = pages.run(self.FILE.replace("City", "State"))

        ada.refresh_from_db()
        assert counts(job) == {"updated": 1}
        assert (ada.name, ada.region, ada.title) == ("Ada Lovelace", "Paris", "Analyst")

    def test_nothing_to_fill_changes_nothing(self, pages, ada):
        job = pages.run(self.FILE)

        version = ada.version
        ada.refresh_from_db()
        assert counts(job) == {"skipped": 1}
        assert reasons(job)[2] == "Nothing new"
        assert ada.version == version

    def test_overwriting_keeps_what_the_file_leaves_blank(self, pages, ada):
        job = pages.run(self.FILE, existing=OVERWRITE)

        ada.refresh_from_db()
        assert counts(job) == {"updated": 1}
        assert (ada.name, ada.city, ada.title) == ("Ada King", "Paris", "Analyst")
        assert ada.name_sort == "ada king"
        assert " ada king " in ada.search_text

    def test_skipping_leaves_them_alone(self, pages, ada):
        job = pages.run(self.FILE + "Ada,King,a@x.example,Paris,Boss\n", existing=SKIP)

        ada.refresh_from_db()
        assert counts(job) == {"skipped": 2}
        assert reasons(job) == {2: "Is a contact already", 3: "Same person as row 2"}
        assert ada.city == "London"

    def test_a_custom_value_is_kept_or_overwritten(self, pages, ada):
        field = CustomField.objects.create(name="Party", kind="text")
        ContactFieldValue.objects.create(contact=ada, field=field, text_value="Whig")
        file = csv_text("Email,Party", "a@x.example,Tory")
        pages.run(file)
        assert ada.field_values.get().text_value == "Whig"

        pages.run(file, existing=OVERWRITE)
        assert ada.field_values.get().text_value == "Tory"

    def test_new_addresses_come_behind_the_old_ones(self, pages, ada):
        pages.run(csv_text("Email,Email 2", "new@x.example,a@x.example"))

        ada.refresh_from_db()
        assert emails(ada) == ["a@x.example", "new@x.example"]
        assert ada.primary_email == "a@x.example"
        assert "new@x.example" in ada.search_text


class TestSamePersonTwice:
    """I3: the first row wins, the others are reported; more addresses are welcome."""

    def test_the_first_row_wins(self, pages):
        job = pages.run(
            csv_text(
                "Name,Email,City", "Ada,a@x.example,London", "Eda,A@x.example,Paris"
            ),
            existing=OVERWRITE,
        )

        assert counts(job) == {"created": 1, "skipped": 1}
        assert reasons(job)[3] == "Same person as row 2"
        assert Contact.objects.get().city == "London"

    @pytest.mark.parametrize("chunk", [1, 2, 100])
    def test_wherever_the_rows_stand(self, pages, settings, chunk):
        settings.IMPORT_CHUNK_ROWS = chunk
        make_contact(emails=("old@x.example",))
        job = pages.run(
            csv_text(
                "Name,Email,Phone,City",
                "Ada,a@x.example,202-224-3441,London",
                "Bob,old@x.example,202-224-3450,Rome",
                "Ada,a@x.example,202-224-3442,Paris",
                "Ada,a@x.example,202-224-3442,Oslo",
                "Bob,old@x.example,202-224-3451,Riga",
            )
        )

        assert counts(job) == {"created": 1, "updated": 3, "skipped": 1}
        assert phones(Contact.objects.get(first_name="Ada", city="London")) == [
            "+12022243441",
            "+12022243442",
        ]
        assert Contact.objects.filter(city__in=["Paris", "Oslo", "Riga"]).count() == 0
        assert reasons(job)[4] == "Same person as row 2: +1 202-224-3442"
        assert reasons(job)[5] == "Same person as row 2"

    def test_skipping_also_leaves_alone_what_an_earlier_chunk_skipped(
        self, pages, settings
    ):
        settings.IMPORT_CHUNK_ROWS = 1
        ada = make_contact(emails=("a@x.example",))
        job = pages.run(
            csv_text(
                "Email,Phone", "a@x.example,202-224-3441", "a@x.example,202-224-3442"
            ),
            existing=SKIP,
        )

        assert counts(job) == {"skipped": 2}
        assert phones(ada) == []


class TestBin:
    """I2, D3: a deleted contact that a row matches is restored, never doubled."""

    @pytest.fixture
    def binned(self, admin):
        ada = make_contact(emails=("a@x.example",), external_id="E-1")
        deletion.delete_contacts(contact_ids=[ada.pk], by=admin, at=timezone.now())
        return ada

    @pytest.mark.parametrize(
        "row", ["Record ID,City\nE-1,Paris\n", "Email,City\na@x.example,Paris\n"]
    )
    def test_it_is_restored_and_filled(self, pages, binned, row):
        job = pages.run(row)

        binned.refresh_from_db()
        assert counts(job) == {"restored": 1}
        assert binned.deleted_at is None
        assert binned.city == "Paris"
        assert binned.emails.get().is_live

    def test_the_dry_run_restores_nothing(self, pages, binned):
        upload = pages.check(csv_text("Email,City", "a@x.example,Paris"))

        binned.refresh_from_db()
        assert upload.check_job.counts == {"restored": 1}
        assert binned.deleted_at is not None
        assert binned.city == ""

    def test_a_contact_that_is_there_comes_first(self, pages, binned):
        twin = make_contact("Ada", "Again", emails=("a@x.example",))
        job = pages.run(csv_text("Record ID,Email,City", "E-9,a@x.example,Paris"))

        assert counts(job) == {"updated": 1}
        twin.refresh_from_db()
        binned.refresh_from_db()
        assert (twin.city, binned.city) == ("Paris", "")

    def test_one_that_cannot_come_back_is_reported(self, pages, binned):
        make_contact("Ada", "Again", emails=("a@x.example",))
        job = pages.run(csv_text("Record ID,City", "E-1,Paris"))

        assert counts(job) == {"refused": 1}
        assert reasons(job)[2].startswith(
            "Is a deleted contact that cannot be restored"
        )
        binned.refresh_from_db()
        assert binned.deleted_at is not None


class TestAccounts:
    """Accounts are matched by domain, then by exact name, else created."""

    def test_by_domain_then_by_name(self, pages):
        by_domain = AccountFactory(name="Engines Limited", domain="engines.example")
        by_name = AccountFactory(name="Looms", domain="")
        pages.run(
            csv_text(
                "Name,Company,Company Website",
                "Ada,Engines,www.engines.example",
                "Bob,LOOMS,",
                "Cy,New Co,new.example",
                "Di,New Co,new.example",
                "Ed,Looms,looms.example",
            )
        )

        accounts = dict(Contact.objects.values_list("first_name", "account_id"))
        assert accounts["Ada"] == by_domain.pk
        assert accounts["Bob"] == accounts["Ed"] == by_name.pk
        assert accounts["Cy"] == accounts["Di"]
        assert Account.objects.count() == 3
        assert Account.objects.get(domain="new.example").name == "New Co"

    def test_two_companies_of_one_name_stay_two(self, pages):
        pages.run(
            csv_text(
                "Name,Company,Domain", "Ada,Acme,acme.example", "Bob,Acme,acme.test"
            )
        )

        assert Account.objects.filter(name="Acme").count() == 2


class TestRealShapes:
    """The public files' shape: people first, then several offices each, by an id column."""

    def test_both_files_and_both_again(self, pages):
        custom = {"Party": "new:text", "Term Start": "new:date"}
        assert counts(pages.run(PEOPLE, columns=custom)) == {"created": 20}
        assert counts(pages.run(OFFICES)) == {"updated": 60, "skipped": 1}
        assert Contact.objects.get(external_id="X000003").phones.count() == 4
        before = list(Contact.objects.order_by("pk").values())

        assert counts(pages.run(PEOPLE)) == {"skipped": 20}
        assert counts(pages.run(OFFICES)) == {"skipped": 61}
        assert list(Contact.objects.order_by("pk").values()) == before
