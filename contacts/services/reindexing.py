"""Keeping what lists and searches know of contacts true when their account is renamed."""

from django.db import transaction
from django.db.models import Prefetch

from accounts.models import Account
from contacts.models import Contact, ContactEmail, ContactPhone
from contacts.services.indexing import search_text
from crm.tenancy import bulk
from crm.text import fold

CHUNK = 5000


@transaction.atomic
def reindex_contacts_of(account: Account) -> None:
    """Bring the account's name up to date in its contacts, a few statements for thousands of them."""
    pks = Contact.objects.filter(account=account).order_by("pk")
    listed = list(pks.select_for_update(of=("self",)).values_list("pk", flat=True))
    for start in range(0, len(listed), CHUNK):
        _reindex(listed[start : start + CHUNK], account.name)


def _reindex(pks: list[int], company: str) -> None:
    contacts = (
        Contact.objects.filter(pk__in=pks)
        .only("team_id", "version", "name", "title")
        .prefetch_related(
            Prefetch("emails", ContactEmail.objects.order_by("position", "pk")),
            Prefetch("phones", ContactPhone.objects.order_by("position", "pk")),
        )
    )
    bulk.update_rows(
        Contact,
        ["account_sort", "search_text"],
        [
            (
                contact.pk,
                contact.version,
                fold(company)[:200],
                search_text(
                    name=contact.name,
                    title=contact.title,
                    company=company,
                    emails=[row.email for row in contact.emails.all()],
                    phones=[row.number for row in contact.phones.all()],
                ),
            )
            for contact in contacts
        ],
    )
