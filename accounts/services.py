"""Every write to accounts."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts import followers
from accounts.models import Account, AccountFieldValue, AccountStage, StageCategory
from accounts.queries import account_fields, normalize_domain
from accounts.signals import account_changed
from crm.conflicts import Edit, Refused, changes_to_write
from crm.history.queries import changed_since_added
from crm.history.services.recording import forget_records, recorded, unrecorded
from crm.teams.models import Membership
from crm.text import fold
from layouts.kinds.base import CUSTOM_KEY
from layouts.models import CustomField
from layouts.services.values import CustomValues

DEFAULT_STAGES = [
    ("Cold", 255, StageCategory.NONE),
    ("Current Client", 155, StageCategory.SUCCEEDED),
    ("Active Opportunity", 85, StageCategory.IN_PROGRESS),
    ("Dead Opportunity", 25, StageCategory.FAILED),
    ("Do Not Prospect", 345, StageCategory.FAILED),
]


class DomainTaken(Refused):
    """Another account of the team has the domain."""

    def __init__(self, account: Account) -> None:
        super().__init__(
            _("%(domain)s belongs to the account “%(name)s”.")
            % {"domain": account.domain_text, "name": account.name},
            key="domain",
        )
        self.account = account


@transaction.atomic
def create_default_stages() -> None:
    """Give the team in scope its account stages (product.md A4)."""
    AccountStage.objects.bulk_create(
        AccountStage(name=name, hue=hue, category=category, position=position)
        for position, (name, hue, category) in enumerate(DEFAULT_STAGES)
    )


@recorded("account.create")
def create_account(
    *, name: str, domain: str = "", website: str = "", by: Membership
) -> Account:
    """Add an account in the first stage, owned by `by`.

    Raise DomainTaken if the team has an account with that domain, and Refused for values that
    cannot be kept.
    """
    fields = account_fields()
    account = Account(owner=by, stage=AccountStage.objects.in_order().first())
    given = {"name": name, "domain": domain, "website": website}
    for key, value in given.items():
        fields[key].write(account, fields[key].clean(value, by=by))
    if not account.domain and account.website:
        account.domain = _free_domain(normalize_domain(account.website))
    index_account(account)
    _save(account)
    return account


class _Draft:
    """Reads and writes the values of an account that the caller has locked, as text."""

    def __init__(self, account: Account, *, by: Membership) -> None:
        self.account, self.by = account, by
        self.own = CustomValues(account, kind=CustomField.Record.ACCOUNT, by=by)

    def knows(self, key: str) -> bool:
        own = self.own.fields if key.startswith(CUSTOM_KEY) else ()
        return key in account_fields() or key in own

    def read(self, key: str) -> str:
        if key.startswith(CUSTOM_KEY):
            return self.own.read(key)
        return account_fields()[key].read(self.account)

    def show(self, key: str, text: str) -> str:
        if key.startswith(CUSTOM_KEY):
            return self.own.show(key, text)
        return account_fields()[key].show(text)

    def write(self, key: str, text: str) -> None:
        """Take a value over; raise Refused for what cannot be kept."""
        if key.startswith(CUSTOM_KEY):
            self.own.write(key, text)
            return
        field = account_fields()[key]
        new = field.clean(text, by=self.by)
        if new == field.read(self.account):
            return
        if key == "owner" and not self.account.is_reassignable_by(self.by):
            raise Refused(
                _("Only %(owner)s and managers give this account to somebody else.")
                % {"owner": self.account.owner},
                key=key,
            )
        field.write(self.account, new)


@recorded("account.update")
def update_account(
    *, account_id: int, edit: Edit, by: Membership, at: datetime
) -> Account:
    """Write what the person changed, if nobody else changed the same meanwhile.

    Raise EditConflict, Refused or DomainTaken; then nothing is written. Sends account_changed.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=account_id)
    draft = _Draft(account, by=by)
    edit = Edit(
        new={key: text for key, text in edit.new.items() if draft.knows(key)},
        originals=edit.originals,
        version=edit.version,
    )
    wanted = changes_to_write(
        edit, read=draft.read, show=draft.show, version=account.version
    )
    changes = {}
    for key, text in wanted.items():
        old = draft.read(key)
        shown = draft.show(key, old)
        draft.write(key, text)
        if (new := draft.read(key)) != old:
            changes[key] = (shown, draft.show(key, new))
    if not changes:
        return account
    account.version += 1
    index_account(account)
    columns = [key for key in changes if not key.startswith(CUSTOM_KEY)]
    _save(account, [*columns, "name_sort", "search_text", "version", "updated_at"])
    account_changed.send(sender=Account, account=account, changes=changes, by=by, at=at)
    return account


@recorded("account.owner")
def give_account(
    *, account_id: int, edit: Edit, with_followers: bool, by: Membership, at: datetime
) -> Account:
    """Give the account, and what follows it, to the owner that `edit` names (product.md C12).

    What `by` may not give away stays with its owner. Raise EditConflict or Refused; then nothing is
    written.
    """
    account = update_account(account_id=account_id, edit=edit, by=by, at=at)
    for follower in followers.registered() if with_followers else []:
        follower.give(account_id=account_id, owner_id=account.owner_id, by=by, at=at)
    return account


def index_account(account: Account) -> None:
    """Set the columns that lists sort by and searches look into. Does not save."""
    account.name_sort = fold(account.name)[:200]
    account.search_text = f" {account.name_sort} {account.domain}"


def refresh_accounts(
    ids: Collection[int],
    *,
    touched: Collection[str],
    by: Membership | None,
    at: datetime,
) -> None:
    """Bring what lists and searches know up to date after rows were set back (crm.history)."""
    for account in Account.objects.filter(pk__in=ids):
        account.version += 1
        index_account(account)
        account.save(
            update_fields=["name_sort", "search_text", "version", "updated_at"]
        )
        account_changed.send(
            sender=Account, account=account, changes={"name": ("", "")}, by=by, at=at
        )


def remove_accounts(
    ids: Collection[int], *, by: Membership | None
) -> Mapping[int, str]:
    """Take accounts away that were added, while nothing refers to them and nobody changed them.

    Return those that stay, each with the reason (crm.history).
    """
    kept = dict.fromkeys(
        changed_since_added("account", ids), _("The account has been changed since.")
    )
    in_use = _("Something belongs to the account by now.")
    for relation in Account._meta.related_objects:
        if relation.related_model is AccountFieldValue:
            continue
        name = relation.field.name
        rows = relation.related_model._default_manager.filter(**{f"{name}__in": ids})
        kept |= dict.fromkeys(rows.values_list(f"{name}_id", flat=True), in_use)
    gone = [pk for pk in ids if pk not in kept]
    with unrecorded():
        Account.objects.filter(pk__in=gone).delete()
    forget_records("account", record_ids=gone)
    return kept


def _save(account: Account, columns: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            account.save(update_fields=columns)
    except IntegrityError:
        taken = Account.objects.filter(domain=account.domain).exclude(pk=account.pk)
        other = taken.first()
        if other is None:
            raise
        raise DomainTaken(other) from None


def _free_domain(domain: str) -> str:
    """Return the domain unless another account has it: nobody asked for it by name."""
    taken = domain and Account.objects.filter(domain=domain).exists()
    return "" if taken else domain


@recorded("account.owner")
def give_accounts(
    *, account_ids: Collection[int], owner_id: int | None, by: Membership, at: datetime
) -> list[int]:
    """Give those of the accounts that `by` may give away to the owner, or to nobody.

    A few statements for thousands of them. Return the ids of those that changed hands. Sends
    account_changed for each.
    """
    accounts = Account.objects.filter(pk__in=account_ids).reassignable_by(by)
    rows = accounts.exclude(owner_id=owner_id).select_related("owner__user")
    given = list(rows.order_by("pk").select_for_update(of=("self",)))
    Account.objects.filter(pk__in=[account.pk for account in given]).update(
        owner_id=owner_id, version=F("version") + 1, updated_at=at
    )
    field = account_fields()["owner"]
    shown = field.show("" if owner_id is None else str(owner_id))
    for account in given:
        changes = {"owner": (str(account.owner or ""), shown)}
        account_changed.send(
            sender=Account, account=account, changes=changes, by=by, at=at
        )
    return [account.pk for account in given]
