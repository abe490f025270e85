"""Reactions of contacts to what happens below them."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Account
from accounts.signals import account_changed
from contacts import tasks
from contacts.services import reindexing, stages
from contacts.signals import people_forgotten
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
