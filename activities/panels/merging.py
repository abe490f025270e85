"""The timeline of contacts that are merged: it moves as it is, thousands of lines in two statements."""

from collections.abc import Collection

from django.utils.translation import ngettext

from activities import services
from activities.models import Activity
from contacts import belongings
from contacts.belongings import Union


def move_activities(union: Union) -> None:
    services.move_activities(keep=union.keep, absorb=union.absorb)


def count_activities(keep: int, absorbed: Collection[int]) -> int:
    """Return how many interactions move; what happened to the record itself is not counted."""
    return Activity.objects.interactions().filter(contact__in=absorbed).count()


def register() -> None:
    """Called once from AppConfig.ready()."""
    belongings.add(
        belongings.Belonging(
            key="activities",
            references=[(Activity, "contact")],
            move=move_activities,
            count=count_activities,
            say=lambda n: ngettext("%s activity", "%s activities", n) % n,
            order=10,
        )
    )
