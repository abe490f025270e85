"""Merging for tests: two contacts that are the same person, and the plan a page would send."""

from typing import Any

from django.utils import timezone

from contacts.models import Contact
from contacts.queries.merging import contacts_to_merge, default_choices
from contacts.services.merging import merging
from crm.teams.models import Membership


def plan_of(keep: Contact, *absorbed: Contact, **more: Any) -> merging.MergePlan:
    """Return the plan that nobody touched: empty values are filled from the others."""
    everybody = contacts_to_merge([keep.pk, *(one.pk for one in absorbed)])
    kept = next(one for one in everybody if one.pk == keep.pk)
    ordered = [kept, *(one for one in everybody if one.pk != keep.pk)]
    values = {
        "choices": default_choices(ordered, keep=kept),
        "versions": {one.pk: one.version for one in everybody},
        **more,
    }
    ids = [one.pk for one in absorbed]
    return merging.MergePlan(keep_id=keep.pk, absorbed_ids=ids, **values)


def merge(keep: Contact, *absorbed: Contact, by: Membership, **more: Any) -> Contact:
    plan = plan_of(keep, *absorbed, **more)
    merging.merge_contacts(plan=plan, by=by, at=timezone.now())
    return Contact.objects.get(pk=keep.pk)
