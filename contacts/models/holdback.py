"""Persons of the directory whom a team is not offered for now."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef

from contacts.models.contacts import Contact
from contacts.models.people import Person
from crm.tenancy.models import TeamManager, TeamModel, TeamQuerySet


class HeldBackQuerySet(TeamQuerySet):
    def over(self, *, at: datetime) -> Self:
        """Those whose time is over; held_back_team_until serves it."""
        return self.filter(until__lte=at)

    def unsaved(self) -> Self:
        """Those of persons who are no contacts now; the others are not net new anyway."""
        saved = Contact.objects.saved().filter(person=OuterRef("person"))
        return self.filter(~Exists(saved))


HeldBackManager = TeamManager.from_queryset(HeldBackQuerySet)


class HeldBack(TeamModel):
    """A person who is not net new to the team: just deleted (product.md D2), or forgotten (D4).

    Lists and counts only look whether there is a row. A worker removes those whose time is over.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", db_index=False)
    until = models.DateTimeField(null=True)  # None for good

    objects = HeldBackManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "person"], name="held_back_person_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="held_back_team_id"),
        ]
        indexes = [models.Index(fields=["team", "until"], name="held_back_team_until")]

    def __str__(self) -> str:
        return f"{self.person_id}"
