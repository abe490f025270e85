"""The stages and members that cells of a file name."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from contacts.models import ContactStage
from crm.teams.models import Membership
from crm.text import fold
from layouts.fields import owner_choices


@dataclass(frozen=True, kw_only=True)
class Named:
    """Stages and members of the team, also those who left, by id and by what cells call them."""

    stages: Mapping[int, str]
    members: Mapping[int, Membership]
    owners: frozenset[int]  # members whom the importing one may make owners
    by: Membership | None  # who imports
    stage_ids: Mapping[str, int]
    member_ids: Mapping[str, int]  # 0 for a name that several have

    def stage(self, text: str) -> int | None:
        """Return the stage that a cell names, in any case and with or without accents."""
        return self.stage_ids.get(fold(text))

    def member(self, text: str) -> int | None:
        """Return the member whose e-mail or name a cell holds; 0 for a name that several have."""
        return self.member_ids.get(fold(text))

    def may_give_away(self, owner_id: int | None) -> bool:
        """Return whether a contact of this owner may get another one (product.md C12)."""
        owner = self.members[owner_id] if owner_id else None
        return self.by is None or self.by.may_give_away(owner)


def load_named(by: Membership | None) -> Named:
    """Read the names in three queries."""
    stages = dict(ContactStage.objects.values_list("pk", "name"))
    members = {m.pk: m for m in Membership.objects.select_related("user")}
    may_own = (
        owner_choices(by)
        if by
        else Membership.objects.active().who_can("contacts.edit")
    )
    return Named(
        stages=stages,
        members=members,
        owners=frozenset(may_own.values_list("pk", flat=True)),
        by=by,
        stage_ids={fold(name): pk for pk, name in stages.items()},
        member_ids=_by_name_and_email(members),
    )


def _by_name_and_email(members: Mapping[int, Membership]) -> dict[str, int]:
    """Return members by name and e-mail; of two with one name, one that left counts as nobody."""
    names = {pk: fold(member.user.name) for pk, member in members.items()}
    present = Counter(
        name for pk, name in names.items() if members[pk].removed_at is None
    )
    found: dict[str, int] = {}
    for pk, name in sorted(
        names.items(), key=lambda item: members[item[0]].removed_at is None
    ):
        found[name] = pk if present[name] < 2 else 0
    found.pop("", None)
    return found | {fold(member.user.email): pk for pk, member in members.items()}
