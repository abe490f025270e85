"""Handing what a former member owns over to another one, in the background (product.md C12)."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import services as account_services
from accounts.models import Account
from contacts.models import Contact
from contacts.queries.estates import estate_of
from contacts.services.owning import give_contacts
from crm.conflicts import Refused
from crm.jobs import registry
from crm.jobs import services as jobs
from crm.jobs.models import Job, JobRow
from crm.jobs.registry import Chunk, JobFailed, LedgerRow, Step
from crm.teams.models import Membership
from layouts.fields import owner_choices

HAND_OVER = "hand-over"
MAY_HAND_OVER = "members.manage"
BATCH = 500
CONTACTS, ACCOUNTS = "contacts", "accounts"


@transaction.atomic
def hand_over(*, member: Membership, heir_id: int, by: Membership) -> Job:
    """Start giving all contacts and accounts of a former member to another; return the job.

    Raise Refused for a member who is still there, or an heir who is none of the team.
    """
    if member.removed_at is None:
        raise Refused(_("%s is still a member.") % member)
    heir = owner_choices(by).filter(pk=heir_id).first()
    if heir is None:
        raise Refused(_("Choose one from the list."), key="heir")
    names = {"member": member, "heir": heir}
    return jobs.create_job(
        kind=HAND_OVER,
        title=_("Records of %(member)s go to %(heir)s") % names,
        parameters={"member": member.pk, "heir": heir.pk},
        total=estate_of(member).total,
        by=by,
    )


def register() -> None:
    """Called once from AppConfig.ready()."""
    registry.add(
        registry.Kind(
            key=HAND_OVER,
            label=gettext_lazy("Handing records over"),
            permission=lambda _job: MAY_HAND_OVER,
            summary=_summary,
            start=_steps,
            record_url=_contact_url,
            origin=_origin,
        )
    )


def _steps(job: Job) -> Iterator[Step]:
    """Yield batch after batch; what is handed over already is not found again."""
    part = job.position.get("part", CONTACTS)
    after, number = job.position.get("after", 0), job.done
    for kind in (CONTACTS, ACCOUNTS) if part == CONTACTS else (ACCOUNTS,):
        while rows := _batch(kind, job, after):
            yield partial(_give, job, kind, rows, number)
            after, number = rows[-1][0], number + len(rows)
        after = 0


def _batch(kind: str, job: Job, after: int) -> list[tuple[int, str]]:
    records: Any = Contact.objects.saved() if kind == CONTACTS else Account.objects
    owned = records.filter(owner_id=job.parameters["member"], pk__gt=after)
    return list(owned.order_by("pk").values_list("pk", "name")[:BATCH])


def _give(job: Job, kind: str, rows: list[tuple[int, str]], number: int) -> Chunk:
    by, at = jobs.actor_of(job, MAY_HAND_OVER), timezone.now()
    ids = [pk for pk, _name in rows]
    heir = owner_choices(by).filter(pk=job.parameters["heir"]).first()
    if heir is None:
        raise JobFailed(_("Whoever gets the records cannot own any now."))
    if kind == CONTACTS:
        give_contacts(contact_ids=ids, owner_id=heir.pk, by=by, at=at)
    else:
        account_services.give_accounts(account_ids=ids, owner_id=heir.pk, by=by, at=at)
    outcome = JobRow.Outcome.UPDATED.value
    return Chunk(
        position={"part": kind, "after": ids[-1]},
        done=len(ids),
        counts=Counter({outcome: len(ids)}),
        rows=[
            LedgerRow(
                number=number + place,
                outcome=outcome,
                label=name[:200],
                record_id=pk if kind == CONTACTS else None,
            )
            for place, (pk, name) in enumerate(rows, start=1)
        ],
    )


def _summary(job: Job) -> str:
    text = ngettext("%s record handed over", "%s records handed over", job.done)
    return text % job.done


def _contact_url(slug: str, pk: int) -> str:
    return reverse("contacts:contact_detail", args=[slug, pk])


def _origin(slug: str, parameters: dict[str, Any]) -> tuple[str, str]:
    return _("Members"), reverse("teams:member_list", args=[slug])
