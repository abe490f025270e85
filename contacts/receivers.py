"""Reactions of contacts to what happens below them, and to what their own services report."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from accounts.models import Account
from accounts.signals import account_changed
from contacts import tasks
from contacts.models import Contact
from contacts.services import flags, reindexing, stages
from contacts.signals import (
    contacts_changed,
    contacts_merged,
    people_forgotten,
)
from crm.teams.models import Membership
from crm.teams.signals import team_created
from crm.tenancy.scope import current_team_id


@receiver(team_created)
def give_team_contact_stages(**kwargs: Any) -> None:
    stages.create_default_stages()


@receiver(account_changed)
def follow_account_name(
    *, account: Account, changes: dict[str, tuple[str, str]], **kwargs: Any
) -> None:
    if "name" in changes:
        reindexing.reindex_contacts_of(account)


@receiver(people_forgotten)
def tell_the_ledger(**kwargs: Any) -> None:
    tasks.write_erasures.delay_on_commit(team_id=current_team_id())


@receiver(contacts_changed)
def settle_flags(
    *, contact_ids: list[int], by: Membership | None, at: datetime, **kwargs: Any
) -> None:
    flags.settle_flags(contact_ids=contact_ids, by=by, at=at)


@receiver(contacts_merged)
def settle_flags_of_kept(
    *, keep: Contact, by: Membership, at: datetime, **kwargs: Any
) -> None:
    flags.settle_flags(contact_ids=[keep.pk], by=by, at=at)
