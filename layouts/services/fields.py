"""Every write to the fields that a team added."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crm.conflicts import Refused
from crm.teams.models import Membership
from layouts.models import CustomField

MAX_NAME = 80


class FieldNameTaken(Refused):
    """The team has a field of that name already."""


@transaction.atomic
def create_custom_field(
    *,
    name: str,
    kind: str = CustomField.Kind.TEXT,
    record: str = CustomField.Record.CONTACT,
    by: Membership | None,
) -> CustomField:
    """Add a field behind the team's others.

    Raise FieldNameTaken if the team has one of that name, in whatever case, and Refused for a name
    that is empty or too long.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or "\x00" in name:
        raise Refused(
            _("A field needs a name of at most %s characters.") % MAX_NAME, key="name"
        )
    fields = CustomField.objects.filter(record=record)
    last = fields.aggregate(last=Max("position"))["last"]
    try:
        with transaction.atomic():
            return CustomField.objects.create(
                name=name,
                kind=kind,
                record=record,
                position=0 if last is None else last + 1,
            )
    except IntegrityError as exc:
        raise FieldNameTaken(
            _("There is a field called “%s” already.") % name, key="name"
        ) from exc
