"""Values of custom fields, one row each, typed so that they can be filtered and sorted with an index."""

from django.db import models

from contacts.models.contacts import Contact
from crm.tenancy.models import TeamForeignKey, TeamModel
from layouts.models import CustomField


class ContactFieldValue(TeamModel):
    """What a contact has in one custom field. A field without a value has no row."""

    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="field_values", db_index=False
    )
    field = TeamForeignKey(
        CustomField, models.CASCADE, related_name="contact_values", db_index=False
    )
    text_value = models.TextField(blank=True)  # kinds text and url
    number_value = models.FloatField(null=True)
    date_value = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "contact", "field"], name="contact_field_value_once"
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="contact_field_value_team_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field_id}: {self.contact_id}"
