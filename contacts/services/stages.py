"""The stages a new team starts with (product.md A4)."""

from django.db import transaction

from accounts.models import StageCategory
from contacts.models import ContactStage

DEFAULT_STAGES = [
    ("Cold", 255, StageCategory.NONE),
    ("Approaching", 195, StageCategory.IN_PROGRESS),
    ("Replied", 300, StageCategory.IN_PROGRESS),
    ("Interested", 155, StageCategory.SUCCEEDED),
    ("Not Interested", 25, StageCategory.FAILED),
    ("Unresponsive", 55, StageCategory.FAILED),
    ("Do Not Contact", 345, StageCategory.FAILED),
    ("Bad Data", 25, StageCategory.FAILED),
    ("Changed Job", 85, StageCategory.NONE),
]


@transaction.atomic
def create_default_stages() -> None:
    """Give the team in scope its stages; a new contact starts in the first."""
    ContactStage.objects.bulk_create(
        ContactStage(
            name=name,
            hue=hue,
            category=category,
            position=position,
            is_first=position == 0,
        )
        for position, (name, hue, category) in enumerate(DEFAULT_STAGES)
    )
