"""Values of custom fields of contacts."""

from django.db import models
from django.db.models import F, Q

from contacts.models.contacts import Contact
from crm.tenancy.models import TeamForeignKey
from layouts.models import FieldValue
from layouts.models.values import value_indexes


class ContactFieldValue(FieldValue):
    """What a contact has in one custom field. A field without a value has no row."""

    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="field_values", db_index=False
    )

    record_field = "contact"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "contact", "field"], name="contact_field_value_once"
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="contact_field_value_team_id"
            ),
        ]
        indexes = [
            *value_indexes("contact"),
            # The people with one option of a field, in the order in which they are listed.
            models.Index(
                F("team"),
                F("field"),
                F("option_ids__0"),
                F("contact"),
                condition=Q(option_ids__isnull=False),
                name="contact_value_option",
            ),
        ]
