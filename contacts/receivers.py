"""Reactions of contacts to what happens below them."""

from typing import Any

from django.dispatch import receiver

from accounts.models import Account
from accounts.signals import account_changed
from contacts.services import reindexing, stages
from crm.teams.signals import team_created


@receiver(team_created)
def give_team_contact_stages(**kwargs: Any) -> None:
    stages.create_default_stages()


@receiver(account_changed)
def follow_account_name(
    *, account: Account, changes: dict[str, tuple[str, str]], **kwargs: Any
) -> None:
    if "name" in changes:
        reindexing.reindex_contacts_of(account)
