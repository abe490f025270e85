"""Named, static sets of contacts."""

from typing import Self

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from contacts.models.contacts import Contact
from crm.teams.models import Membership
from crm.tenancy.models import TeamForeignKey, TeamManager, TeamModel, TeamQuerySet


class ContactListQuerySet(TeamQuerySet):
    def by_name(self) -> Self:
        """Lists in the order people look for them."""
        return self.order_by(Lower("name"), "pk")


ContactListManager = TeamManager.from_queryset(ContactListQuerySet)


class ContactList(TeamModel):
    """A named, static set of contacts."""

    name = models.CharField(_("Name"), max_length=80)
    created_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContactListManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "team", Lower("name"), name="contact_list_name_once_per_team"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="contact_list_team_id"),
        ]

    def __str__(self) -> str:
        return self.name


class ListEntry(TeamModel):
    """A contact's place in a list."""

    list = TeamForeignKey(
        ContactList, models.CASCADE, related_name="entries", db_index=False
    )
    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="list_entries", db_index=False
    )
    added_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "list", "contact"], name="list_entry_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="list_entry_team_id"),
        ]
        indexes = [
            models.Index(fields=["team", "contact"], name="list_entry_team_contact")
        ]

    def __str__(self) -> str:
        return f"{self.list_id}: {self.contact_id}"


class LeftList(TeamModel):
    """A list that a contact was in when it was deleted; undoing the deletion puts it back."""

    list = TeamForeignKey(ContactList, models.CASCADE, related_name="+", db_index=False)
    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="left_lists", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "contact", "list"], name="left_list_once"
            ),
            models.UniqueConstraint(fields=["team", "id"], name="left_list_team_id"),
        ]

    def __str__(self) -> str:
        return f"{self.list_id}: {self.contact_id}"
