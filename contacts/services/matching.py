"""Which account a person belongs to: the one with the company's domain, else a new one."""

from collections.abc import Iterable

from django.db.models import Q

from accounts import services as account_services
from accounts.models import Account, AccountStage, Organization
from crm.teams.models import Membership
from crm.text import fold


def accounts_of_organizations(
    organizations: Iterable[Organization], *, by: Membership
) -> dict[int, Account]:
    """Return the account of each organization, by its id; create those that are missing.

    An account matches by domain, or because it was made from the same organization. Two callers
    at once create one account of a domain.
    """
    wanted = {organization.pk: organization for organization in organizations}
    found = _matching(wanted)
    missing = [wanted[pk] for pk in sorted(wanted.keys() - found.keys())]
    if missing:
        stage = AccountStage.objects.in_order().first()
        accounts = [_account_of(organization, stage, by) for organization in missing]
        Account.objects.bulk_create(accounts, ignore_conflicts=True)
        found |= _matching({organization.pk: organization for organization in missing})
    return found


def account_named(name: str, *, by: Membership) -> Account | None:
    """Return the account with this name, or a new one; None for an empty name."""
    name = name.strip()
    if not name:
        return None
    same = Account.objects.filter(name_sort=fold(name)[:200]).order_by("pk").first()
    return same or account_services.create_account(name=name, by=by)


def _matching(organizations: dict[int, Organization]) -> dict[int, Account]:
    domains = {o.domain for o in organizations.values() if o.domain}
    accounts = Account.objects.filter(
        Q(domain__in=domains) | Q(organization__in=list(organizations))
    ).order_by("-pk")
    rows = list(accounts)
    by_domain = {account.domain: account for account in rows if account.domain}
    by_organization = {account.organization_id: account for account in rows}
    found = {
        pk: by_domain.get(organization.domain) or by_organization.get(pk)
        for pk, organization in organizations.items()
    }
    return {pk: account for pk, account in found.items() if account}


def _account_of(
    organization: Organization, stage: AccountStage | None, by: Membership
) -> Account:
    copied = [
        "name",
        "domain",
        "website",
        "industry",
        "headcount",
        "phone",
        "city",
        "region",
    ]
    account = Account(
        **{name: getattr(organization, name) for name in [*copied, "country"]},
        organization=organization,
        stage=stage,
        owner=by,
    )
    account_services.index_account(account)
    return account
