"""What a team has to choose from on its list of people: stages, owners, lists and accounts."""

from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from accounts.models import Account
from contacts.models import ContactList, ContactStage
from contacts.queries.filters import Choice, Choices
from contacts.queries.people_filters import ME, NONE
from crm.teams.models import Membership

MAX_ACCOUNTS = 50


def load_choices(*, member: Membership, account_ids: Collection[int] = ()) -> Choices:
    """Return the team's stages, owners and lists, and the named accounts. Three queries or four."""
    stages = ContactStage.objects.in_order().values_list("pk", "name", "hue")
    members = Membership.objects.filter(removed_at=None).order_by(
        "user__name", "user__email", "pk"
    )
    people = [
        Choice(str(pk), name or email)
        for pk, name, email in members.values_list("pk", "user__name", "user__email")
    ]
    lists = [
        Choice(str(pk), name)
        for pk, name in ContactList.objects.by_name().values_list("pk", "name")
    ]
    others = [choice for choice in people if choice.value != str(member.pk)]
    return {
        "stage": [Choice(str(pk), name, hue) for pk, name, hue in stages],
        "owner": [Choice(ME, _("Me")), Choice(NONE, _("No owner")), *others],
        "member": people,
        "list": [*lists, Choice(NONE, _("In no list"))],
        "not_list": lists,
        "account": [Choice(NONE, _("No account")), *_accounts(account_ids)],
    }


def _accounts(ids: Collection[int]) -> list[Choice]:
    if not ids:
        return []
    accounts = Account.objects.filter(pk__in=list(ids)[:MAX_ACCOUNTS]).order_by(
        "name_sort", "pk"
    )
    return [Choice(str(pk), name) for pk, name in accounts.values_list("pk", "name")]


def by_value(choices: Sequence[Choice]) -> dict[str, Choice]:
    """Return the choices by their value."""
    return {choice.value: choice for choice in choices}
