"""What members who left still own (product.md C12)."""

from typing import NamedTuple

from accounts.models import Account
from contacts.models import Contact
from crm.teams.models import Membership


class Estate(NamedTuple):
    """How many records a member owns."""

    contacts: int
    accounts: int

    @property
    def total(self) -> int:
        return self.contacts + self.accounts


def estate_of(member: Membership) -> Estate:
    """Return what the member owns; two queries, on the indexes by owner."""
    return Estate(
        Contact.objects.saved().filter(owner=member).count(),
        Account.objects.filter(owner=member).count(),
    )
