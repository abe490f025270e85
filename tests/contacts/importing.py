"""An import as a person does it: upload, mapping, dry run, start, result."""

import io
from typing import Any

from django.test import Client
from django.urls import reverse

from contacts.models import ContactImport
from crm.jobs.models import Job, JobRow
from crm.teams.models import Team

OUTCOMES = ("created", "updated", "restored", "skipped", "refused")


class ImportPages:
    """Goes through the pages; jobs run when the request that queued them commits."""

    def __init__(self, client: Client, team: Team, run_queued: Any) -> None:
        self.client, self.team, self.run_queued = client, team, run_queued

    def url(self, name: str, *args: int) -> str:
        return reverse(f"contacts:{name}", args=[self.team.slug, *args])

    def upload(self, content: str | bytes, name: str = "people.csv") -> Any:
        data = content.encode() if isinstance(content, str) else content
        file = io.BytesIO(data)
        file.name = name
        return self.client.post(self.url("import_create"), {"file": file})

    def uploaded(self, content: str | bytes, name: str = "people.csv") -> ContactImport:
        response = self.upload(content, name)
        assert response.status_code == 302, response.text
        return ContactImport.objects.latest("pk")

    def mapping_form(self, upload: ContactImport) -> dict[str, Any]:
        """Return what the mapping page would send if nothing were changed on it."""
        page = self.client.get(self.url("import_mapping", upload.pk))
        form = page.context["form"]
        return {
            field.html_name: "" if (value := field.value()) is None else value
            for field in form
        }

    def post_mapping(self, upload: ContactImport, **changes: Any) -> Any:
        columns = {
            f"column-{upload.headings.index(heading)}": key
            for heading, key in changes.pop("columns", {}).items()
        }
        body = {**self.mapping_form(upload), **columns, **changes}
        with self.run_queued(execute=True):
            return self.client.post(self.url("import_mapping", upload.pk), body)

    def check(self, content: str | bytes, **changes: Any) -> ContactImport:
        """Upload, map and let the dry run finish."""
        upload = self.uploaded(content, changes.pop("name", "people.csv"))
        response = self.post_mapping(upload, **changes)
        assert response.status_code == 302, response.context["form"].errors
        upload.refresh_from_db()
        return upload

    def start(self, upload: ContactImport) -> Job:
        with self.run_queued(execute=True):
            self.client.post(self.url("import_start", upload.pk))
        upload.refresh_from_db()
        return upload.job

    def run(self, content: str | bytes, **changes: Any) -> Job:
        """Go all the way; the dry run must have promised what the import did."""
        upload = self.check(content, **changes)
        promised = ledger(upload.check_job)
        job = self.start(upload)
        assert job.status == Job.Status.DONE, job.error
        assert upload.check_job.counts == job.counts
        assert promised == ledger(job)
        return job


def counts(job: Job) -> dict[str, int]:
    """Return the outcomes that occurred; they must add up."""
    found = {name: job.counts[name] for name in OUTCOMES if job.counts.get(name)}
    assert sum(found.values()) == job.done == job.total
    assert JobRow.objects.filter(job=job).count() == job.done
    return found


def ledger(job: Job) -> list[tuple[int, str, str]]:
    rows = JobRow.objects.filter(job=job).order_by("number")
    return list(rows.values_list("number", "outcome", "reason"))


def reasons(job: Job) -> dict[int, str]:
    return {number: reason for number, _outcome, reason in ledger(job)}


def csv_text(*rows: str) -> str:
    return "\n".join(rows) + "\n"


# Small copies of the public files' shape: people, and several offices of each.
PEOPLE = csv_text(
    "Bioguide ID,First Name,Last Name,Full Name,Title,Company,Company Website,State,Party,"
    "Term Start,Work Phone,Website,Office Address,City,Twitter",
    *(
        f"X{n:06d},F{n},L{n},F{n} L{n},Senator,Senate,https://www.senate.example,WA,Whig,"
        f"2025-01-03,202-224-{n:04d},https://www.l{n}.example,{n} Hill,Washington,handle{n}"
        for n in range(20)
    ),
)
OFFICES = csv_text(
    "Bioguide ID,Building,Street,City,State,Zip,Phone,Hours",
    *(
        f"X{n:06d},,{n} Main St.,Town{m},WA,0245{m},256-734-{n:02d}{m:02d},"
        for n in range(20)
        for m in range(3)
    ),
    "X000001,,No phone,Town,WA,02458,,",
)
