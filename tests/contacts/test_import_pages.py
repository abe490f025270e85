"""The pages of an import (product.md I2, I4; architecture: page or fragment)."""

import html
import re

import pytest
from django.urls import reverse

from contacts.models import Contact, ContactImport
from contacts.services.importing import uploads
from crm.jobs import services as jobs
from crm.jobs.models import Job, JobRow
from crm.tenancy.scope import team_scope
from layouts.models import CustomField
from layouts.services import fields
from tests.contacts.importing import ImportPages, counts, csv_text
from tests.contacts.profile import sign_in

TABLE = csv_text("Name,Email", "Ada,a@x.example", "Bob,b@x.example", ",")


@pytest.fixture
def pages(as_member, team, eager_jobs) -> ImportPages:
    return ImportPages(as_member, team, eager_jobs)


def state() -> list[object]:
    models = (Contact, CustomField, JobRow)
    return [list(model.objects.order_by("pk").values()) for model in models]


class TestImportCreate:
    def test_a_viewer_may_not(self, as_viewer, team, eager_jobs):
        pages = ImportPages(as_viewer, team, eager_jobs)

        assert as_viewer.get(pages.url("import_create")).status_code == 403
        assert pages.upload(TABLE).status_code == 403

    def test_lists_what_was_imported_lately(self, pages):
        job = pages.run(TABLE, name="fair.csv")
        page = pages.client.get(pages.url("import_create")).text

        assert "fair.csv" in page
        assert reverse("jobs:job_detail", args=[pages.team.slug, job.pk]) in page

    def test_lists_what_was_not_started(self, pages):
        """Q3: a file whose columns were not chosen yet is not lost."""
        upload = pages.uploaded(TABLE, "fair.csv")
        page = pages.client.get(pages.url("import_create")).text

        assert "fair.csv" in page
        assert "Not started" in page
        assert pages.url("import_check", upload.pk) in page
        again = pages.client.get(pages.url("import_check", upload.pk))
        assert again["Location"] == pages.url("import_mapping", upload.pk)


class TestImportDiscard:
    def test_forgets_the_upload_and_its_file(self, pages, tmp_path):
        upload = pages.uploaded(TABLE, "fair.csv")
        stored = tmp_path / upload.file_key
        assert stored.exists()
        with pages.run_queued(execute=True):
            answer = pages.client.post(pages.url("import_discard", upload.pk))

        assert answer["Location"] == pages.url("import_create")
        assert not ContactImport.objects.exists()
        assert not stored.exists()
        page = pages.client.get(answer["Location"]).text
        assert "“fair.csv” was discarded" in page
        assert "Recent imports" not in page

    def test_leaves_alone_what_was_started(self, pages):
        upload = pages.check(TABLE)
        job = pages.start(upload)
        answer = pages.client.post(pages.url("import_discard", upload.pk))

        assert answer["Location"] == reverse(
            "jobs:job_detail", args=[pages.team.slug, job.pk]
        )
        assert ContactImport.objects.exists()

    def test_a_viewer_may_not(self, viewer, pages):
        upload = pages.uploaded(TABLE)
        answer = sign_in(viewer).post(pages.url("import_discard", upload.pk))

        assert answer.status_code == 403
        assert ContactImport.objects.exists()


class TestImportCheck:
    """I2: a dry run says what would happen, with reasons and rows, and writes nothing."""

    def test_counts_and_shows_rows_and_writes_nothing(self, pages):
        upload = pages.uploaded(TABLE)
        before = state()[:2]
        pages.post_mapping(upload)
        page = pages.client.get(pages.url("import_check", upload.pk))

        assert state()[:2] == before
        assert [tally.count for tally, _rows in page.context["outcomes"]] == [
            2,
            0,
            0,
            1,
            0,
        ]
        assert "Row 4" in page.text
        assert "The row is empty" in page.text

    def test_counts_the_rows_that_lose_values(self, pages):
        """I2, Q3: what will not be kept is hard to miss, and quoted."""
        upload = pages.check(
            csv_text(
                "Name,Email,Phone,Website",
                "Ada,a@x.example,12,no web",
                "Bob,b@x.example,202-224-3441,",
                "Ada,a@x.example,34,",
                ",,12,",
            )
        )
        page = pages.client.get(pages.url("import_check", upload.pk))

        assert "2 rows have values that cannot be kept." in page.text
        # One of them is skipped, so nothing promises that their rest is imported.
        assert "They are left out; the rows are not refused for that." in page.text
        assert page.context["outcomes"][-1][0].count == 2
        lost = [row.number for row in page.context["outcomes"][-1][1]]
        assert lost == [2, 4]
        assert "Phone: “12” is not a phone number in any country" in page.text
        assert "Website: “no web” is left out. Enter a web address" in page.text

        job = pages.start(upload)
        page = pages.client.get(
            reverse("jobs:job_detail", args=[pages.team.slug, job.pk]),
            {"outcome": "partial"},
        )
        assert [row.number for row, _url in page.context["rows"]] == [2, 4]

    def test_says_nothing_of_values_where_all_are_kept(self, pages):
        upload = pages.check(TABLE)
        page = pages.client.get(pages.url("import_check", upload.pk))

        assert "cannot be kept" not in page.text

    def test_the_top_bar_has_only_a_way_back_beside_the_name(self, pages):
        """Q1: a name without spaces is cut, and pushes nothing off a phone."""
        upload = pages.check(TABLE, name=f"{'x' * 150}.csv")

        response = pages.client.get(pages.url("import_check", upload.pk))

        bar = response.text.partition("<header")[2].partition("</header>")[0]
        back = pages.url("import_mapping", upload.pk)
        assert re.findall(r'<a href="([^"]+)"', bar) == [back]
        assert 'aria-label="Change columns"' in bar

    def test_shows_progress_until_it_is_done(self, pages):
        upload = pages.uploaded(TABLE)
        body = pages.mapping_form(upload)
        pages.client.post(pages.url("import_mapping", upload.pk), body)
        waiting = pages.client.get(
            pages.url("import_check", upload.pk),
            headers={"HX-Request": "true", "HX-Target": "import-check"},
        )
        upload.refresh_from_db()
        jobs.run_job(upload.check_job_id)
        done = pages.client.get(
            pages.url("import_check", upload.pk),
            headers={"HX-Request": "true", "HX-Target": "import-check"},
        )

        assert "every 2s" in waiting.text
        assert "<html" not in waiting.text
        assert "every 2s" not in done.text
        assert "Start import" in done.text

    def test_a_dry_run_that_died_starts_over(self, pages, settings):
        settings.IMPORT_CHUNK_ROWS = 1
        upload = pages.uploaded(TABLE)
        pages.client.post(
            pages.url("import_mapping", upload.pk), pages.mapping_form(upload)
        )
        upload.refresh_from_db()
        job = upload.check_job
        JobRow.objects.create(job=job, number=1, outcome="created")
        Job.objects.filter(pk=job.pk).update(
            done=1, counts={"created": 1}, position={"row": 1}
        )
        jobs.run_job(job.pk)

        job.refresh_from_db()
        assert counts(job) == {"created": 2, "skipped": 1}

    def test_without_a_mapping_there_is_nothing_to_check(self, pages):
        upload = pages.uploaded(TABLE)
        response = pages.client.get(pages.url("import_check", upload.pk))

        assert response["Location"] == pages.url("import_mapping", upload.pk)

    def test_a_changed_mapping_is_checked_anew(self, pages):
        upload = pages.check(TABLE)
        first = upload.check_job
        pages.post_mapping(upload, columns={"Email": ""})

        upload.refresh_from_db()
        assert upload.check_job != first


class TestImportStart:
    def test_leads_to_the_job_and_its_result(self, pages):
        upload = pages.check(TABLE)
        with pages.run_queued(execute=True):
            response = pages.client.post(pages.url("import_start", upload.pk))
        page = pages.client.get(response["Location"])

        assert Contact.objects.count() == 2
        assert page.status_code == 200
        assert "Import finished. 3 rows: 2 created, 1 skipped" in page.text
        shown = re.search(
            r'href="([^"]+)">(?:<svg.*?</svg>)?Show new contacts<', page.text
        )
        assert shown
        listed = pages.client.get(html.unescape(shown[1]))
        assert {row.name for row in listed.context["page"].rows} == {"Ada", "Bob"}

    @pytest.mark.parametrize(
        ("rows", "says"),
        [
            (["Ada,a@x.example"], "Nothing was imported. 1 row: 1 skipped"),
            (
                ["Ada,a@x.example", "", "Bob,b@x.example,,"],
                "Import finished. 2 rows: 1 created, 1 skipped",
            ),
            (["Bob,b@x.example,3"], "Nothing was imported. 1 row: 1 refused"),
        ],
    )
    def test_the_result_says_what_became_of_the_rows(self, pages, rows, says):
        """I4, Q3: what was skipped or refused is not called imported."""
        pages.run(csv_text("Name,Email", "Ada,a@x.example"))
        job = pages.run(csv_text("Name,Email", *rows))
        page = pages.client.get(
            reverse("jobs:job_detail", args=[pages.team.slug, job.pk])
        )

        assert says in page.text

    def test_twice_starts_once(self, pages):
        upload = pages.check(TABLE)
        job = pages.start(upload)
        again = pages.client.post(pages.url("import_start", upload.pk))

        assert again["Location"] == reverse(
            "jobs:job_detail", args=[pages.team.slug, job.pk]
        )
        assert Job.objects.filter(kind=job.kind).count() == 1
        assert Contact.objects.count() == 2

    def test_needs_a_check(self, pages):
        upload = pages.uploaded(TABLE)
        response = pages.client.post(pages.url("import_start", upload.pk))

        assert response["Location"] == pages.url("import_mapping", upload.pk)
        upload.refresh_from_db()
        assert upload.job is None

    def test_started_imports_do_not_change_any_more(self, pages):
        upload = pages.check(TABLE)
        job = pages.start(upload)
        target = reverse("jobs:job_detail", args=[pages.team.slug, job.pk])

        for name in ("import_mapping", "import_check"):
            assert pages.client.get(pages.url(name, upload.pk))["Location"] == target
        mapping = list(upload.mapping)
        pages.client.post(pages.url("import_mapping", upload.pk), {"column-0": ""})
        upload.refresh_from_db()
        assert upload.mapping == mapping

    def test_a_rep_does_not_start_what_needs_an_admin(self, pages):
        upload = pages.uploaded(csv_text("Name,Party", "Ada,Whig"))
        ContactImport.objects.filter(pk=upload.pk).update(
            mapping=["full_name", "new:text"]
        )
        done = jobs.create_job(kind="x", title="x", parameters={}, queue=False, by=None)
        Job.objects.filter(pk=done.pk).update(status=Job.Status.DONE)
        ContactImport.objects.filter(pk=upload.pk).update(check_job=done)
        pages.client.post(pages.url("import_start", upload.pk))

        upload.refresh_from_db()
        assert upload.job is None
        assert not CustomField.objects.exists()

    def test_more_fields_than_a_team_may_have(
        self, as_admin, team, eager_jobs, monkeypatch
    ):
        """Q3: nothing is lost, and the person reads why."""
        monkeypatch.setattr(fields, "MAX_FIELDS", 1)
        pages = ImportPages(as_admin, team, eager_jobs)
        new = {"Party": "new:text", "Ward": "new:text"}
        upload = pages.check(csv_text("Name,Party,Ward", "Ada,Whig,1"), columns=new)

        page = pages.client.post(pages.url("import_start", upload.pk), follow=True)

        assert page.redirect_chain[-1][0] == pages.url("import_mapping", upload.pk)
        assert "A team has at most 1 fields" in page.text
        assert not CustomField.objects.exists()
        upload.refresh_from_db()
        assert not upload.is_started

    def test_a_field_deleted_meanwhile_stops_it_with_a_message(self, pages):
        field = CustomField.objects.create(name="Party", kind="text")
        upload = pages.check(csv_text("Name,Party", "Ada,Whig"))
        field.delete()
        job = pages.start(upload)
        page = pages.client.get(
            reverse("jobs:job_detail", args=[pages.team.slug, job.pk])
        )

        assert job.status == Job.Status.FAILED
        assert "The field for “Party” was deleted meanwhile." in page.text
        assert not Contact.objects.exists()

    def test_a_file_that_is_gone_stops_it_with_a_message(self, pages, tmp_path):
        upload = pages.check(TABLE)
        (tmp_path / upload.file_key).unlink()
        job = pages.start(upload)

        assert job.error == "The uploaded file is not there any more."


class TestAtTheSameMoment:
    """Q3: two people work on one upload; whoever comes late is told, by a page."""

    @pytest.fixture
    def meanwhile(self, monkeypatch):
        """What happens between the look at the upload and the change to it."""

        def arrange(name, act):
            service = getattr(uploads, name)

            def late(upload, **values):
                act(upload)
                return service(upload, **values)

            monkeypatch.setattr(uploads, name, late)

        return arrange

    def discard(self, upload):
        uploads.discard(upload, by=None)

    def start(self, upload):
        uploads.start_import(upload, checked=False, queue=False, by=None)

    @pytest.mark.parametrize(
        ("name", "service"),
        [("import_mapping", "choose_mapping"), ("import_start", "start_import")],
    )
    def test_a_colleague_discards_it(self, pages, meanwhile, name, service):
        upload = pages.check(TABLE)
        body = pages.mapping_form(upload)
        meanwhile(service, self.discard)

        page = pages.client.post(pages.url(name, upload.pk), body)

        assert page.status_code == 404
        assert not ContactImport.objects.exists()

    @pytest.mark.parametrize(
        ("more", "service"),
        [({}, "choose_mapping"), ({"reread": ""}, "read_again")],
    )
    def test_a_colleague_starts_it(self, pages, meanwhile, more, service):
        upload = pages.check(TABLE)
        body = pages.mapping_form(upload) | {
            "encoding": "utf-8",
            "delimiter": ",",
            "heading_row": 1,
        }
        meanwhile(service, self.start)

        page = pages.client.post(
            pages.url("import_mapping", upload.pk), body | more, follow=True
        )

        job = ContactImport.objects.get().job
        assert page.redirect_chain[-1][0].endswith(f"/jobs/{job.pk}/")


class TestOtherTeams:
    def test_see_nothing_of_it(self, pages, other_team):
        with team_scope(other_team.pk):
            theirs = ContactImport.objects.create(
                file_name="theirs.csv",
                file_key="t/0/x",
                size=1,
                encoding="utf-8",
                delimiter=",",
                heading_row=1,
                rows=1,
            )

        for name in ("import_mapping", "import_check"):
            assert pages.client.get(pages.url(name, theirs.pk)).status_code == 404
        assert (
            pages.client.post(pages.url("import_start", theirs.pk)).status_code == 404
        )
