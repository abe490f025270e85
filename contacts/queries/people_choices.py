"""What a team has to choose from on its list of people: stages, owners, lists and accounts."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from accounts.models import Account
from contacts.models import ContactList, ContactStage
from contacts.queries.choice_filters import ME, NONE, ids
from contacts.queries.filters import Choice, Choices
from crm.teams.models import Membership

MAX_ACCOUNTS = 50
FIRST_LISTS = 12
_OF_LISTS = ("list", "all_lists", "not_list")


def load_choices(*, member: Membership, raw: Mapping[str, Sequence[str]]) -> Choices:
    """Return the team's stages and owners, its first lists, and the lists and accounts that an
    address (`raw`: its parameters) names. Three to five queries.
    """
    stages = ContactStage.objects.in_order().values_list("pk", "name", "hue")
    members = Membership.objects.filter(removed_at=None).order_by(
        "user__name", "user__email", "pk"
    )
    people = [
        Choice(str(pk), name or email)
        for pk, name, email in members.values_list("pk", "user__name", "user__email")
    ]
    lists = _lists([key for name in _OF_LISTS for key in ids(raw.get(name, ()))])
    others = [choice for choice in people if choice.value != str(member.pk)]
    return {
        "stage": [Choice(str(pk), name, hue) for pk, name, hue in stages],
        "owner": [Choice(ME, _("Me")), Choice(NONE, _("No owner")), *others],
        "member": people,
        "list": [*lists, Choice(NONE, _("In no list"))],
        "named_list": lists,
        "account": [
            Choice(NONE, _("No account")),
            *_accounts(ids(raw.get("account", ()))),
        ],
    }


def _lists(named: Sequence[int]) -> list[Choice]:
    """Return the lists that are named, and the first ones."""
    rows = ContactList.objects.by_name().values_list("pk", "name")
    first = list(rows[:FIRST_LISTS])
    missing = set(named) - {pk for pk, _name in first}
    others = list(rows.filter(pk__in=missing)) if missing else []
    return [Choice(str(pk), name) for pk, name in [*others, *first]]


def _accounts(named: Sequence[int]) -> list[Choice]:
    if not named:
        return []
    accounts = Account.objects.filter(pk__in=named[:MAX_ACCOUNTS]).order_by(
        "name_sort", "pk"
    )
    return [Choice(str(pk), name) for pk, name in accounts.values_list("pk", "name")]
