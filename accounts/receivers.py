"""Reactions of accounts to what happens below them."""

from typing import Any

from django.dispatch import receiver

from accounts import services
from crm.teams.signals import team_created


@receiver(team_created)
def give_team_account_stages(**kwargs: Any) -> None:
    services.create_default_stages()
