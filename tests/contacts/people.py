"""What the tests of the list of people share."""

import re
from typing import Any

from django.test import Client
from django.urls import reverse

from crm.teams.models import Team


def url(name: str, team: Team, **kwargs: Any) -> str:
    return reverse(f"contacts:{name}", kwargs={"team_slug": team.slug, **kwargs})


def people(client: Client, team: Team, query: str = "", **headers: str) -> Any:
    """The list at an address."""
    return client.get(f"{url('people_list', team)}?{query}", headers=headers)


def names(response: Any) -> list[str]:
    """The names in the table, in order."""
    assert response.status_code == 200, response.status_code
    return [row.name for row in response.context["page"].rows]


def text(response: Any) -> str:
    """What a person reads on the page."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", plain)
