"""A job's page: progress, what became of each row, the ledger as a file (product.md I2; security.md B10)."""

import csv
import io
import re

import pytest
from django.urls import reverse

from crm.jobs import queries, services
from crm.jobs.models import Job, JobRow
from crm.tenancy.scope import team_scope
from tests.jobs import counting


@pytest.fixture
def job(team, member):
    counting.register()
    return services.create_job(
        kind=counting.KEY,
        title="Numbers",
        parameters={},
        total=9,
        queue=False,
        by=member,
    )


@pytest.fixture
def done(job):
    services.run_job(job.pk)
    job.refresh_from_db()
    return job


def url(name, job):
    return reverse(f"jobs:{name}", args=[job.team.slug, job.pk])


class TestJobDetail:
    def test_shows_progress_and_asks_again(self, as_viewer, job):
        Job.objects.filter(pk=job.pk).update(done=3, started_at=job.created_at)
        page = as_viewer.get(url("job_detail", job)).text

        assert "3 of 9 rows" in page
        assert 'value="33"' in page
        assert 'hx-trigger="every 2s"' in page
        assert "Counting" in page

    def test_the_fragment_is_the_body_alone(self, as_viewer, job):
        fragment = as_viewer.get(
            url("job_detail", job),
            headers={"HX-Request": "true", "HX-Target": "job-body"},
        ).text

        assert fragment.strip().startswith('<div id="job-body"')

    def test_stops_asking_when_it_is_done(self, as_viewer, done):
        page = as_viewer.get(url("job_detail", done)).text

        assert "hx-trigger" not in page.split('id="main"')[1]
        assert "Counted to 9" in page
        assert f"/t/{done.team.slug}/numbers/4/" in page

    def test_a_failure_says_why(self, as_viewer, job):
        Job.objects.filter(pk=job.pk).update(
            status="failed", error="It broke.", finished_at=job.created_at
        )
        page = as_viewer.get(url("job_detail", job)).text

        assert "Not finished" in page
        assert "It broke." in page

    def test_rows_by_outcome(self, as_viewer, done):
        JobRow.objects.filter(job=done, number=5).update(
            outcome="refused", reason="No good"
        )
        Job.objects.filter(pk=done.pk).update(counts={"created": 8, "refused": 1})
        page = as_viewer.get(url("job_detail", done), {"outcome": "refused"})

        assert [row.number for row, _url in page.context["rows"]] == [5]
        assert "No good" in page.text

    def test_only_outcomes_that_occurred_are_offered(self, as_viewer, done):
        page = as_viewer.get(url("job_detail", done)).text
        asked = as_viewer.get(url("job_detail", done), {"outcome": "restored"}).text

        offered = re.findall(r'class="chip" href="\?outcome=(\w*)"', page)
        assert offered == ["", *(key for key in JobRow.Outcome if done.counts.get(key))]
        assert "restored" not in offered
        assert "No row ended like this." in asked
        assert 'href="?outcome=restored" aria-current="page"' in asked

    def test_pages_walk_through_all_rows_both_ways(self, as_viewer, done, monkeypatch):
        monkeypatch.setattr(queries, "PAGE_SIZE", 4)
        seen, address = [], url("job_detail", done)
        for _step in range(3):
            page = as_viewer.get(address)
            seen.append([row.number for row, _url in page.context["rows"]])
            found = re.search(r'href="(\?[^"]*)" rel="next"', page.text)
            address = url("job_detail", done) + (found[1] if found else "")
        back = re.search(r'href="(\?[^"]*)" rel="prev"', page.text)[1]
        page = as_viewer.get(url("job_detail", done) + back)

        assert seen == [[1, 2, 3, 4], [5, 6, 7, 8], [9]]
        assert [row.number for row, _url in page.context["rows"]] == [5, 6, 7, 8]

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ({"outcome": "eaten"}, "Rows do not end in that way."),
            ({"cursor": "nonsense"}, "There is no such page."),
            ({"cursor": "WzAsICJ4IiwgMV0"}, "There is no such page."),
        ],
    )
    def test_what_nobody_offers_leads_to_the_start(
        self, as_viewer, done, query, message
    ):
        page = as_viewer.get(url("job_detail", done), query)

        assert page.status_code == 200
        assert message in page.text
        assert len(page.context["rows"]) == 9

    def test_another_teams_job_is_not_found(self, as_viewer, team, other_team):
        counting.register()
        with team_scope(other_team.pk):
            theirs = services.create_job(
                kind=counting.KEY, title="x", parameters={}, queue=False, by=None
            )
        for name in ("job_detail", "job_ledger"):
            address = reverse(f"jobs:{name}", args=[team.slug, theirs.pk])
            assert as_viewer.get(address).status_code == 404

    def test_queries_do_not_grow_with_the_rows(
        self, as_viewer, done, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(10):
            as_viewer.get(url("job_detail", done))


class TestJobLedger:
    def table(self, response):
        text = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.reader(io.StringIO(text)))

    def test_has_every_row(self, as_viewer, done, monkeypatch):
        monkeypatch.setattr(queries, "BATCH", 2)
        response = as_viewer.get(url("job_ledger", done))
        with team_scope(None):  # it is sent when the request's scope is closed
            table = self.table(response)

        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in response["Content-Disposition"]
        assert table[0] == ["Row in the file", "Outcome", "Name", "Reason"]
        assert table[1:] == [
            [str(n), "Created", f"Number {n}", ""] for n in range(1, 10)
        ]

    @pytest.mark.parametrize(
        "start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
    )
    def test_holds_nothing_that_a_spreadsheet_calculates(self, as_viewer, done, start):
        value = f"{start}HYPERLINK(1)"
        JobRow.objects.filter(job=done).update(label=value, reason=value)
        row = self.table(as_viewer.get(url("job_ledger", done)))[1]

        assert row[2] == row[3] == f"'{value}"
