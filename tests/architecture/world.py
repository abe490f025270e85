"""Two teams side by side for the walk of every URL, and everybody who might knock at the door.

Every text of the other team holds a canary, and every id of it is a number that nothing else has,
so that a leak of either shows in any answer.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from io import BytesIO
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, models, transaction
from django.utils import timezone

from activities.models import Activity
from activities.services import log_activity
from contacts.models import (
    ContactExport,
    ContactFieldValue,
    ContactList,
    ContactStage,
    DuplicatePair,
    ListEntry,
    Match,
    Person,
    Selection,
)
from contacts.services import flags, selections, viewing
from contacts.services.deletion import delete_contacts
from contacts.services.editing import update_contact
from contacts.services.exporting import starting
from contacts.services.forgetting import forget_contact, lift_erasure
from contacts.services.importing import uploads
from contacts.services.importing.options import Options
from crm.conflicts import Edit
from crm.history.models import ChangeSet
from crm.jobs.services import run_job
from crm.teams import services as team_services
from crm.teams.models import Membership, Team, User
from crm.teams.queries import hash_token
from crm.teams.roles import Role
from crm.tenancy.models import TeamModel
from crm.tenancy.scope import team_scope
from crm.text import fold
from layouts.models import CustomField, FieldOption
from tests.factories import PASSWORD, AccountFactory, PersonFactory, make_contact

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
OTHER_IDS = 911_000_000  # ids of the other team's rows start behind this
FRESH_IDS = 555_000_000  # ids of rows made during a request start behind this
OWN_MARK = "Ourmark"  # in every text of the own team, so that tests know it for content
NOWHERE_ID = 922_000_001  # no row has this id
OTHER_PHONE = "+12025550187"  # of the other team; a number cannot hold the canary
BACKEND = settings.AUTHENTICATION_BACKENDS[0]

MEMBERS = (Role.OWNER, Role.ADMIN, Role.MANAGER, Role.REP, Role.VIEWER)
ANONYMOUS, STRANGER, REMOVED, INACTIVE, OPERATOR = (
    "anonymous",
    "stranger",
    "removed",
    "inactive",
    "operator",
)
ACTORS = (ANONYMOUS, *MEMBERS, STRANGER, REMOVED, INACTIVE, OPERATOR)


@dataclass
class Rows:
    """The rows of one team, one of each model: `rows.contact`, `rows.contactlist`, ..."""

    team: Team
    extra: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        extra = self.__dict__["extra"]
        if name not in extra:
            model = next((m for m in team_models() if m._meta.model_name == name), None)
            if model is None:
                raise AttributeError(name)
            extra[name] = (
                model.across_teams.filter(team=self.team).order_by("pk").first()
            )
        return extra[name]


@dataclass
class World:
    canary: str
    own: Rows
    other: Rows
    users: dict[str, User]
    cookies: dict[str, str]  # actor -> session key
    other_users: set[int]


def team_models() -> list[type[TeamModel]]:
    """Every team-owned model of the site, tests' own models aside."""
    return [
        model
        for model in apps.get_models()
        if issubclass(model, TeamModel) and not model.__module__.startswith("tests")
    ]


def set_sequences(value: int) -> None:
    """Let every id that is handed out from now on be greater than `value`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(c.oid::regclass, %s) FROM pg_class c "
            "JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'S' AND n.nspname = 'public'",
            [value],
        )


@contextmanager
def rolled_back() -> Iterator[None]:
    """An outer transaction that is always undone, as TestCase opens one."""
    outer = transaction.atomic()
    outer._from_testcase = True
    with outer:
        yield
        transaction.set_rollback(True)


def build() -> World:
    """Build both teams and everybody in the transaction that is open."""
    canary = "Zq" + secrets.token_hex(6)
    users: dict[str, User] = {}
    set_sequences(1000)
    PersonFactory(key="directory-1", first_name="Nadia", email="nadia@public.example")
    own = _build_team("Acme", mark=OWN_MARK, users=users)
    for actor in (INACTIVE, OPERATOR):
        users[actor] = _user(f"{actor}@ourmark.example", actor.title())
    _set(users[INACTIVE], is_active=False)
    _set(users[OPERATOR], is_staff=True, is_superuser=True)
    with team_scope(own.team.pk):
        Membership.objects.create(user=users[INACTIVE], role=Role.ADMIN)
    before = set(User.objects.values_list("pk", flat=True))
    set_sequences(OTHER_IDS)
    theirs: dict[str, User] = {}
    other = _build_team("Globex", mark=canary, users=theirs)
    users[STRANGER] = theirs[Role.OWNER]
    set_sequences(FRESH_IDS)
    return World(
        canary=canary,
        own=own,
        other=other,
        users=users,
        cookies={actor: _session(user) for actor, user in users.items()},
        other_users=set(User.objects.values_list("pk", flat=True)) - before,
    )


def _user(email: str, name: str) -> User:
    user = User.objects.create_user(
        email, PASSWORD, name=name, date_joined=timezone.now()
    )
    _email_address(user)
    return user


def _email_address(user: User, email: str = "") -> Any:
    address = apps.get_model("account", "EmailAddress")
    return address.objects.create(
        user=user, email=email or user.email, verified=not email, primary=not email
    )


def _set(user: User, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(user, name, value)
    user.save(update_fields=list(fields))


def _build_team(name: str, *, mark: str, users: dict[str, User]) -> Rows:
    slug = mark.lower()
    for role in MEMBERS:
        users[role] = _user(f"{role}@{slug}.example", f"{role.title()} {mark}")
    member = team_services.create_team(
        name=f"{name} {mark}", slug=f"{name.lower()}-{slug}", owner=users[Role.OWNER]
    )
    rows = Rows(member.team)
    with team_scope(rows.team.pk):
        members = {
            role: Membership.objects.create(user=users[role], role=role)
            for role in MEMBERS[1:]
        }
        rows.extra["member"] = members[Role.REP]
        rows.extra["email_address"] = _email_address(
            users[Role.REP], f"new@{slug}.example"
        )
        rows.extra["owner"] = member
        rows.extra["other_stage"] = ContactStage.objects.in_order()[1]
        rows.extra["person"] = Person.objects.get()
        rows.extra["removed"] = _removed(mark, users)
        _mark_stages(mark)
        _people(rows, mark)
        _lists(rows, mark)
        _selection(rows, mark)
        _flags(rows, mark)
        _view(rows, mark)
        _activities(rows, mark)
        _imports(rows, mark)
        _exports(rows)
        _act(rows, mark)
        for model in team_models():
            if not model.objects.exists():
                fill(model, rows, mark)
        _invite(rows, users)
    _second_factor(rows.member.user)
    return rows


def _act(rows: Rows, mark: str) -> None:
    """Something that the rep did, and may take back."""
    edit = Edit(new={"department": f"Poetry {mark}"}, originals={})
    update_contact(contact_id=rows.contact.pk, edit=edit, by=rows.member, at=NOW)
    rows.extra["act"] = ChangeSet.objects.latest("pk")
    rows.contact.refresh_from_db()


def _removed(mark: str, users: dict[str, User]) -> Membership:
    user = users[REMOVED] = _user(f"{REMOVED}@{mark.lower()}.example", f"Rita {mark}")
    return Membership.objects.create(
        user=user, role=Role.ADMIN, removed_at=timezone.now()
    )


def _invite(rows: Rows, users: dict[str, User]) -> None:
    """Make the invitation one for the removed member, with a link that is known."""
    rows.extra["token"] = f"token-{rows.team.slug}"
    rows.invitation.email = users[REMOVED].email
    rows.invitation.token_hash = hash_token(rows.token)
    rows.invitation.save()


def _second_factor(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)


def _mark_stages(mark: str) -> None:
    for model in (apps.get_model("accounts", "AccountStage"), ContactStage):
        for stage in model.objects.all():
            stage.name = f"{stage.name} {mark}"
            stage.save()


def _people(rows: Rows, mark: str) -> None:
    slug = mark.lower()
    texts = {
        name: f"{name} {mark}"
        for name in ("title", "city", "region", "address", "source_detail")
    }
    links = {
        name: f"https://{name.replace('_', '-')}.example/{slug}"
        for name in ("linkedin_url", "x_url", "facebook_url", "github_url", "website")
    }
    rows.extra["account"] = account = AccountFactory(
        name=f"Company {mark}",
        domain=f"{slug}.example",
        search_text=f" {fold(f'Company {mark}')} {slug}.example",
        website=f"https://{slug}.example",
        **{key: f"{key} {mark}" for key in ("industry", "city", "region")},
    )
    rows.extra["contact"] = make_contact(
        f"Ada{mark}",
        mark,
        emails=(f"ada@{slug}.example", f"ada.second@{slug}.example"),
        phones=("+12025550111" if mark == OWN_MARK else OTHER_PHONE,),
        account=account,
        external_id=f"ext-{slug}",
        created_at=timezone.now() - timedelta(days=9),
        **texts,
        **links,
    )
    rows.extra["other_account"] = AccountFactory(
        name=f"Second {mark}",
        domain=f"second.{slug}.example",
        search_text=f" {fold(f'Second {mark}')} second.{slug}.example",
    )
    rows.extra["second_contact"] = make_contact(
        f"Bob{mark}",
        mark,
        emails=(f"bob@{slug}.example",),
        created_at=timezone.now() - timedelta(days=5),
    )
    DuplicatePair.objects.create(
        first=rows.contact, second=rows.second_contact, match=Match.PHONE
    )
    rows.extra["deleted_contact"] = gone = make_contact(
        f"Gone{mark}", mark, created_at=timezone.now() - timedelta(days=4)
    )
    DuplicatePair.objects.create(
        first=rows.second_contact, second=gone, dismissed_at=timezone.now()
    )
    delete_contacts(
        contact_ids=[gone.pk],
        by=rows.owner,
        at=timezone.now() - timedelta(hours=1),
    )
    rows.extra["erasure"] = _erasure(f"erased@{slug}.example", rows)
    rows.extra["lifted_erasure"] = lifted = _erasure(f"lifted@{slug}.example", rows)
    lift_erasure(erasure_id=lifted.pk, by=rows.owner, at=timezone.now())


def _erasure(email: str, rows: Rows) -> Any:
    asked = make_contact("Nobody", "Knows", emails=(email,))
    return forget_contact(contact_id=asked.pk, by=rows.owner, at=timezone.now())


def _lists(rows: Rows, mark: str) -> None:
    rows.extra["contactlist"] = chosen = ContactList.objects.create(
        name=f"Press {mark}", created_by=rows.member
    )
    ListEntry.objects.create(list=chosen, contact=rows.contact, added_by=rows.member)
    rows.extra["customfield"] = field = CustomField.objects.create(
        name=f"Shirt {mark}", kind=CustomField.Kind.TEXT
    )
    ContactFieldValue.objects.create(
        contact=rows.contact, field=field, text_value=f"Large {mark}"
    )
    tiers = CustomField.objects.create(
        name=f"Tier {mark}", kind=CustomField.Kind.PICKLIST, position=1
    )
    rows.extra["fieldoption"] = gold = FieldOption.objects.create(
        field=tiers, name=f"Gold {mark}"
    )
    FieldOption.objects.create(field=tiers, name=f"Tin {mark}", position=1)
    ContactFieldValue.objects.create(
        contact=rows.contact, field=tiers, option_ids=[gold.pk]
    )


def _selection(rows: Rows, mark: str) -> None:
    rows.extra["selection"] = selections.freeze_chosen(
        of=Selection.Of.CONTACTS,
        ids=[rows.contact.pk],
        state=f"q={mark}",
        by=rows.member,
        at=timezone.now(),
    )


def _flags(rows: Rows, mark: str) -> None:
    """One flag that waits for a decision, and one that was dismissed."""
    flagged = {"title": f"Chair {mark}", "region": f"Region {mark}"}
    rows.extra["contactflag"], rows.extra["cleared_flag"] = flags.flag_contact(
        contact_id=rows.contact.pk,
        suggestions=flagged,
        reason="other",
        text=f"Heard it from {mark}",
        by=rows.member,
        at=timezone.now(),
    )
    rows.extra["cleared_flag"] = flags.dismiss_flag(
        flag_id=rows.cleared_flag.pk, by=rows.owner, at=timezone.now()
    )


def _view(rows: Rows, mark: str) -> None:
    """Make a view that everybody in the team has in the sidebar."""
    rows.extra["savedview"] = view = viewing.create_view(
        name=f"View {mark}", state=f"q={mark}", is_shared=True, by=rows.owner
    )
    for member in Membership.objects.filter(removed_at=None):
        viewing.mark_view(view, is_pinned=True, by=member)


def _activities(rows: Rows, mark: str) -> None:
    rows.extra["activity"] = log_activity(
        contact_id=rows.contact.pk,
        entry={
            "kind": Activity.Kind.CALL,
            "occurred_at": timezone.now() - timedelta(days=1),
            "direction": Activity.Direction.OUTBOUND,
            "outcome": "",
            "body": f"Talked about {mark}",
        },
        key=f"log-{mark}",
        by=rows.member,
        at=timezone.now(),
    )
    rows.contact.refresh_from_db()


def _imports(rows: Rows, mark: str) -> None:
    """One import at each stage: mapped, checked, and finished."""
    rows.extra["contactimport"] = _upload(rows, mark)
    rows.extra["checked_import"] = checked = _upload(rows, mark)
    _check(rows, checked)
    rows.extra["finished_import"] = finished = _upload(rows, mark)
    _check(rows, finished)
    rows.extra["job"] = job = uploads.start_import(finished, by=rows.member)
    run_job(job.pk)


def _exports(rows: Rows) -> None:
    rows.extra["contactexport"] = starting.start_export(
        selection=rows.selection,
        file_format=ContactExport.Format.CSV,
        columns=ContactExport.Columns.ALL,
        by=rows.owner,
        at=timezone.now(),
    )


def _upload(rows: Rows, mark: str) -> Any:
    slug = mark.lower()
    text = (
        "Name,E-mail,Company,Shoe size\n"
        f"Cyd {mark},cyd@{slug}.example,Company {mark},{mark}\n"
        f"Dan {mark},not an address,Company {mark},{mark}\n"
    )
    file = BytesIO(text.encode())
    return uploads.receive_file(
        file, name=f"people-{mark}.csv", size=len(text), country="US", by=rows.member
    )


def _check(rows: Rows, upload: Any) -> None:
    options = Options(country="US", owner_id=rows.member.pk)
    job = uploads.choose_mapping(
        upload, mapping=upload.mapping, options=options, by=rows.member
    )
    run_job(job.pk)
    upload.refresh_from_db()


def fill(model: type[TeamModel], rows: Rows, mark: str) -> TeamModel:
    """Create one row of any team-owned model with the mark in every free text."""
    values = {
        f.name: _value(f, rows, mark)
        for f in model._meta.concrete_fields
        if not f.primary_key and not f.generated and f.name != "team"
    }
    return model.objects.create(**values)


def _value(f: models.Field, rows: Rows, mark: str) -> Any:
    if isinstance(f, models.ForeignKey):
        return _related(f, rows)
    if f.choices:
        return f.default if f.has_default() else f.choices[0][0]
    if isinstance(f, models.EmailField):
        return f"{f.model._meta.model_name}@{mark.lower()}.example"
    if isinstance(f, models.CharField) and f.name.endswith(("_hash", "_key", "kind")):
        return f"{mark.lower()}-{f.model._meta.model_name}"[: f.max_length]
    if isinstance(f, models.CharField | models.TextField):
        return f"{mark} {f.name}"[: f.max_length]
    if isinstance(f, models.JSONField):
        return {"note": f"{mark} {f.name}"}
    return _plain_value(f)


def _plain_value(f: models.Field) -> Any:
    if isinstance(f, models.DateTimeField):
        open_ended = f.null or f.name in ("deleted_at",)
        late = f.name.startswith("expires")
        return (
            None
            if open_ended
            else timezone.now() + timedelta(days=7)
            if late
            else timezone.now()
        )
    if isinstance(f, models.DateField):
        return None if f.null else timezone.now().date()
    if f.has_default():
        return f.get_default()
    return None if f.null else 1


def _related(f: models.ForeignKey, rows: Rows) -> Any:
    target = f.related_model
    if target is Membership:
        return rows.member
    if issubclass(target, TeamModel):
        return getattr(rows, target._meta.model_name)
    if f.null:
        return None
    return target.objects.first()


def _session(user: User) -> str:
    """Sign the user in, with a password typed a moment ago."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["began"] = session["seen"] = int(timezone.now().timestamp())
    session["account_authentication_methods_user"] = str(user.pk)
    session["account_authentication_methods"] = [
        {"method": "password", "at": timezone.now().timestamp(), "email": user.email}
    ]
    session.save()
    return session.session_key
