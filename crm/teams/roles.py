"""The one table of permissions: which role may do what (product.md T2)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MANAGER = "manager", _("Manager")
    REP = "rep", _("Rep")
    VIEWER = "viewer", _("Viewer")


# permission -> (what it allows, the lowest role that has it)
PERMISSION_TABLE = {
    "team.view": (_("See the team and its members"), Role.VIEWER),
    "contacts.view": (_("See people, contacts and accounts"), Role.VIEWER),
    "contacts.edit": (_("Create, save and edit contacts and accounts"), Role.REP),
    "activities.log": (_("Log activities"), Role.REP),
    "contacts.delete_own": (_("Delete own and unowned contacts"), Role.REP),
    "contacts.assign": (
        _("Give own, ownerless and former members' records to any member who may edit"),
        Role.REP,
    ),
    "contacts.reassign": (
        _("Change the owner of any contact or account"),
        Role.MANAGER,
    ),
    "contacts.delete": (_("Delete and restore any contact"), Role.MANAGER),
    "contacts.merge": (
        _("Merge contacts that the role may edit and delete"),
        Role.REP,
    ),
    "contacts.forget": (
        _("Forget a person for good, and lift that again"),
        Role.ADMIN,
    ),
    "views.share": (_("Share views of people with the team"), Role.REP),
    "views.manage": (_("Change and delete the shared views of others"), Role.ADMIN),
    "history.undo": (_("Undo what others did"), Role.MANAGER),
    "contacts.import": (_("Import contacts"), Role.REP),
    "contacts.export_own": (_("Export own contacts"), Role.REP),
    "contacts.export": (_("Export any contact"), Role.MANAGER),
    "flags.review": (_("Decide about values flagged as inaccurate"), Role.ADMIN),
    "fields.manage": (_("Add custom fields"), Role.ADMIN),
    "members.manage": (
        _("Invite members, change roles and remove members"),
        Role.ADMIN,
    ),
    "team.manage": (_("Change the team's name and settings"), Role.ADMIN),
    "team.own": (_("Make other members owners"), Role.OWNER),
}

_RANK = {
    role: rank
    for rank, role in enumerate(
        [Role.VIEWER, Role.REP, Role.MANAGER, Role.ADMIN, Role.OWNER]
    )
}

PERMISSIONS: dict[str, frozenset[str]] = {
    role: frozenset(
        name
        for name, (_label, lowest) in PERMISSION_TABLE.items()
        if _RANK[role] >= _RANK[lowest]
    )
    for role in Role
}


def outranks(role: str, other: str) -> bool:
    """Return whether `role` stands above `other`: nobody grants or takes a role above their own."""
    return _RANK[Role(role)] > _RANK[Role(other)]


def grantable(role: str) -> list[Role]:
    """Return the roles that somebody with `role` may give, highest first."""
    return [other for other in Role if not outranks(other, role)]
