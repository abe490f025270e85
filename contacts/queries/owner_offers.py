"""Who else might get the new owner of a contact or an account (product.md C12)."""

from dataclasses import dataclass

from accounts.models import Account
from contacts.models import Contact
from contacts.models.contacts import ContactQuerySet
from crm.teams.models import Membership


@dataclass(frozen=True, kw_only=True)
class OwnerOffer:
    """The account of a contact that gets another owner, and how many of its other contacts differ."""

    account: Account
    contacts: int


def offer_for(
    contact: Contact, *, owner_id: int | None, by: Membership
) -> OwnerOffer | None:
    """Return what else could go to the owner; None where the account has that owner already.

    Nor is anything offered that `by` may not give away. One query.
    """
    account = contact.account
    if account is None or account.owner_id == owner_id:
        return None
    if not account.is_reassignable_by(by):
        return None
    others = followers(account.pk, owner_id, by).exclude(pk=contact.pk)
    return OwnerOffer(account=account, contacts=others.count())


def followers(account_id: int, owner_id: int | None, by: Membership) -> ContactQuerySet:
    """Return the account's saved contacts that `by` may give to the owner, and that differ.

    contact_team_account serves it.
    """
    contacts = Contact.objects.saved().filter(account_id=account_id)
    return contacts.exclude(owner_id=owner_id).reassignable_by(by)


def count_followers(account_id: int, owner_id: int | None, by: Membership) -> int:
    """Return how many contacts would follow the account."""
    return followers(account_id, owner_id, by).count()
