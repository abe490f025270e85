"""The people who work in a demo team, and what the team has to choose from."""

from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from accounts.models import AccountStage
from contacts.models import ContactList, ContactStage
from crm.teams import services as team_services
from crm.teams.models import Membership, Team, User
from crm.teams.roles import Role
from demo.services.material import material
from layouts.services.fields import create_custom_field

OWNER = "demo@rapport.test"
PASSWORD = "demo-rapport"  # noqa: S105  # shown to everybody by `make run`
# One for each role; the first creates the team.
MEMBERS = [
    (OWNER, "Robin Demo", Role.OWNER),
    ("priya@rapport.test", "Priya Raman", Role.ADMIN),
    ("jonas@rapport.test", "Jonas Feldmann", Role.MANAGER),
    ("lena@rapport.test", "Lena Marsh", Role.REP),
    ("tomas@rapport.test", "Tomás Rivera", Role.VIEWER),
]


@dataclass(frozen=True, kw_only=True)
class Cast:
    """A team with everything that its contacts refer to."""

    team: Team
    members: list[Membership]
    stages: dict[str, int]  # name -> id
    account_stages: dict[str, int]
    lists: list[int]
    fields: dict[str, int]  # kind -> id of the custom field
    first_names: dict[int, str] = field(default_factory=dict)  # of members

    @property
    def owner(self) -> Membership:
        return self.members[0]


def found_team(slug: str) -> Membership:
    """Create the team with its members and return the owner's membership.

    People who are there already keep their password and get one more team.
    """
    password = make_password(PASSWORD)
    users = [_user(email, name, password) for email, name, _role in MEMBERS]
    return team_services.create_team(
        name=slug.replace("-", " ").title(),
        owner=users[0],
        slug=slug,
        country="US",
        time_zone="America/New_York",
    )


def furnish_team(owner: Membership, *, by: Membership) -> Cast:
    """Give the team in scope its other members, its lists and its custom fields."""
    users = {user.email: user for user in User.objects.filter(email__in=_addresses())}
    others = [
        Membership.objects.create(user=users[email], role=role)
        for email, _name, role in MEMBERS[1:]
    ]
    members = [owner, *others]
    lists = [
        ContactList.objects.create(name=name, created_by=members[place % 4])
        for place, name in enumerate(material().lists)
    ]
    fields = [
        create_custom_field(name=entry["name"], kind=entry["kind"], by=by)
        for entry in material().fields
    ]
    return Cast(
        team=owner.team,
        members=members,
        stages=dict(ContactStage.objects.in_order().values_list("name", "pk")),
        account_stages=dict(AccountStage.objects.in_order().values_list("name", "pk")),
        lists=[entry.pk for entry in lists],
        fields={str(entry.kind): entry.pk for entry in fields},
        first_names={member.pk: str(member).split()[0] for member in members},
    )


def _user(email: str, name: str, password: str) -> User:
    user, _is_new = User.objects.get_or_create(
        email=email, defaults={"name": name, "password": password}
    )
    EmailAddress.objects.get_or_create(
        user=user, email=email, defaults={"verified": True, "primary": True}
    )
    return user


def _addresses() -> list[str]:
    return [email for email, _name, _role in MEMBERS]
