"""Removing an option of a picklist: where its values go is asked, and done in a few statements."""

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, Value
from django.utils.translation import gettext as _

from crm.conflicts import Refused
from crm.history.services.recording import recorded
from crm.teams.models import Membership
from layouts.models import CustomField, FieldOption
from layouts.models.values import values_table

_IDS = ArrayField(BigIntegerField())


@recorded("fields.remove_option")
def remove_option(
    *, option: FieldOption, target: FieldOption | None, by: Membership
) -> int:
    """Remove an option; its values get the target, or lose it. Return how many values that was.

    Raise Refused for a target that is no other option of the same field.
    """
    field = CustomField.objects.select_for_update().get(pk=option.field_id)
    if target and (target.field_id != field.pk or target.pk == option.pk):
        raise Refused(_("Choose another option of this field."), key="target")
    values = values_table(field.record).objects.filter(
        field=field, option_ids__overlap=[option.pk]
    )
    number = 0
    if target:
        lacking = values.exclude(option_ids__overlap=[target.pk])
        number += lacking.update(
            option_ids=_array("array_replace", option.pk, target.pk)
        )
    number += values.filter(option_ids=[option.pk]).delete()[0]
    number += values.update(option_ids=_array("array_remove", option.pk))
    option.delete()
    return number


def _array(function: str, *ids: int) -> Func:
    arguments = [Value(pk, output_field=BigIntegerField()) for pk in ids]
    return Func(F("option_ids"), *arguments, function=function, output_field=_IDS)
