"""Conventions of Python code (architecture: where logic lives, tenancy, Celery, forms)."""

import ast
from collections.abc import Callable, Iterator

from tests.architecture.conventions.rule import Breach, Rule, Source, in_apps, place


def attribute(*names: str) -> Callable[[Source], Iterator[Breach]]:
    """A check for any use of an attribute with one of the names."""

    def check(source: Source) -> Iterator[Breach]:
        for around, node in source.nodes:
            if isinstance(node, ast.Attribute) and node.attr in names:
                yield Breach(place(source, around), f"uses .{node.attr}")

    return check


def name_or_import(*names: str) -> Callable[[Source], Iterator[Breach]]:
    """A check for any mention of one of the names, as a name, an attribute or an import."""

    def check(source: Source) -> Iterator[Breach]:
        for around, node in source.nodes:
            mentioned: set[str] = set()
            if isinstance(node, ast.Name):
                mentioned = {node.id}
            elif isinstance(node, ast.Attribute):
                mentioned = {node.attr}
            elif isinstance(node, ast.ImportFrom):
                mentioned = {alias.name for alias in node.names}
            for name in sorted(mentioned & set(names)):
                yield Breach(place(source, around), f"uses {name}")

    return check


def imports_of(*modules: str) -> Callable[[Source], Iterator[Breach]]:
    """A check for imports of the modules or of anything inside them."""

    def check(source: Source) -> Iterator[Breach]:
        for around, node in source.nodes:
            found: list[str] = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                found = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in found:
                if any(f"{name}.".startswith(f"{module}.") for module in modules):
                    yield Breach(place(source, around), f"imports {name}")

    return check


def calls(source: Source) -> Iterator[tuple[str, ast.Call]]:
    for around, node in source.nodes:
        if isinstance(node, ast.Call):
            yield around, node


def save_in_view(source: Source) -> Iterator[Breach]:
    writes = {"save", "create", "bulk_create", "update_or_create", "get_or_create"}
    for around, call in calls(source):
        if isinstance(call.func, ast.Attribute) and call.func.attr in writes:
            yield Breach(place(source, around), f"writes with .{call.func.attr}()")


def form_save(source: Source) -> Iterator[Breach]:
    for around, call in calls(source):
        func = call.func
        if (
            isinstance(func, ast.Attribute)
            and func.attr == "save"
            and isinstance(func.value, ast.Name)
            and "form" in func.value.id.lower()
        ):
            yield Breach(place(source, around), f"calls {func.value.id}.save()")


def all_fields(source: Source) -> Iterator[Breach]:
    for around, node in source.nodes:
        if not isinstance(node, ast.Assign) or not around.endswith("Meta"):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id == "exclude":
                yield Breach(place(source, around), "says which fields are not on it")
            is_fields = isinstance(target, ast.Name) and target.id == "fields"
            if is_fields and isinstance(node.value, ast.Constant):
                yield Breach(place(source, around), f"fields = {node.value.value!r}")


def local_import(source: Source) -> Iterator[Breach]:
    for around, node in source.nodes:
        is_local = around and not around.endswith(".ready")
        if is_local and isinstance(node, ast.Import | ast.ImportFrom):
            yield Breach(place(source, around), "imports inside a function")


def scattered_arguments(source: Source) -> Iterator[Breach]:
    """`**request.GET` hands names that a client chose to whatever is called."""
    for around, call in calls(source):
        for keyword in call.keywords:
            text = ast.unparse(keyword.value)
            if keyword.arg is None and (
                "request.GET" in text or "request.POST" in text
            ):
                yield Breach(place(source, around), f"spreads {text}")


def delayed_task(source: Source) -> Iterator[Breach]:
    for around, call in calls(source):
        for keyword in call.keywords:
            if keyword.arg in ("countdown", "eta"):
                yield Breach(
                    place(source, around), f"lets a task wait by {keyword.arg}"
                )


def raw_sql(source: Source) -> Iterator[Breach]:
    yield from attribute("_base_manager", "_raw_delete")(source)
    yield from name_or_import("RawSQL")(source)
    for around, call in calls(source):
        func = call.func
        if isinstance(func, ast.Attribute) and func.attr in ("raw", "extra", "cursor"):
            yield Breach(place(source, around), f"calls .{func.attr}()")


def trusted_text(source: Source) -> Iterator[Breach]:
    yield from name_or_import("mark_safe")(source)
    for around, call in calls(source):
        if isinstance(call.func, ast.Name) and call.func.id in (
            "SafeString",
            "SafeText",
        ):
            yield Breach(place(source, around), f"calls {call.func.id}")


WRITES = {
    "save",
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "update",
    "delete",
    "execute",
    "copy",
}


def service_signature(source: Source) -> Iterator[Breach]:
    for node in source.tree.body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        if not _writes(node):
            continue
        where = place(source, node.name)
        if len(node.args.posonlyargs) + len(node.args.args) > 1:
            yield Breach(where, "takes more than its subject by position")
        names = {arg.arg for arg in [*node.args.args, *node.args.kwonlyargs]}
        if "by" not in names:
            yield Breach(where, "writes, but does not take `by`")


def _writes(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            is_dict_update = node.func.attr == "update" and not node.keywords
            if node.func.attr in WRITES and not is_dict_update:
                return True
    return False


def htmx_header(source: Source) -> Iterator[Breach]:
    for around, node in source.nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text.startswith(("HX-", "HTTP_HX_")):
            yield Breach(place(source, around), f"handles {text}")


def constraints_off(source: Source) -> Iterator[Breach]:
    for around, node in source.nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and any(words in text for words in SWITCHED_OFF):
            yield Breach(place(source, around), "switches the database's checks off")


SWITCHED_OFF = ("session_replication_role", "DISABLE TRIGGER", "DROP CONSTRAINT")
BEFORE_A_TEAM = "works before a team is known, and only with the user's own rows"
ONE_SWEEP = "a sweep over all teams: selects ids and fans out team tasks"
NO_TEAM = "the directory belongs to the installation: no team, no member"
BULK_SQL = "set-based statement; its own test proves that it stays inside the team"

RULES = [
    Rule(
        name="across_teams only where a reason is written down",
        applies=in_apps,
        check=attribute("across_teams"),
        good=("Contact.objects.all()",),
        bad=("Contact.across_teams.all()", "rows = model.across_teams"),
        allowed={
            "crm/teams/queries.py::_memberships": BEFORE_A_TEAM,
            "crm/teams/queries.py::invitation_for": "the link names the team",
            "crm/teams/queries.py::invitations_sent": "counts what one person sent",
            "crm/teams/queries.py::teams_made": BEFORE_A_TEAM,
            "crm/jobs/queries.py::teams_with_stalled_jobs": ONE_SWEEP,
            "contacts/queries/uploads.py::teams_with_old_uploads": ONE_SWEEP,
            "contacts/queries/selecting.py::teams_with_expired_selections": ONE_SWEEP,
            "contacts/queries/ending.py::teams_with_ended_holdbacks": ONE_SWEEP,
            "contacts/queries/ending.py::teams_with_contacts_to_purge": ONE_SWEEP,
            "contacts/queries/ending.py::teams_with_doomed_files": ONE_SWEEP,
            "contacts/queries/ending.py::teams_with_expired_exports": ONE_SWEEP,
            "contacts/queries/ending.py::teams_with_unwritten_erasures": ONE_SWEEP,
        },
    ),
    Rule(
        name="views write through services",
        applies=lambda path: (
            in_apps(path) and ("/views/" in path or path.endswith("views.py"))
        ),
        check=save_in_view,
        good=("services.create_contact(name=name, by=request.member)",),
        bad=("contact.save()", "Contact.objects.create(name=name)"),
    ),
    Rule(
        name="no raw SQL",
        applies=in_apps,
        check=raw_sql,
        good=("Contact.objects.filter(pk=1)",),
        bad=(
            "Contact.objects.raw('SELECT 1')",
            "connection.cursor()",
            "from django.db.models.expressions import RawSQL",
            "Contact._base_manager.all()",
        ),
        allowed={
            "crm/checks.py::database_role_is_no_superuser": "asks what the role may",
            "crm/health.py::_database": "asks whether the database answers at all",
            "crm/history/services/recording.py": "tells the triggers who changes something",
            "crm/history/services/rows.py": BULK_SQL,
            "crm/tenancy/bulk.py": BULK_SQL,
            "contacts/services/directory.py::load_directory": NO_TEAM,
            "contacts/queries/distinct.py::_values": "Django has no recursive queries",
            "demo/services/loading.py": BULK_SQL,
            "demo/services/history.py": BULK_SQL,
        },
    ),
    Rule(
        name="the database's checks stay on",
        applies=in_apps,
        check=constraints_off,
        good=("cursor.execute('SET LOCAL statement_timeout = 0')",),
        bad=("cursor.execute('SET LOCAL session_replication_role = replica')",),
        allowed={
            "crm/tenancy/operations.py::AddTeamForeignKey.database_backwards": (
                "takes a migration back"
            ),
            "demo/services/loading.py": (
                "puts them back in the same transaction, which checks every row"
            ),
        },
    ),
    Rule(
        name="tasks are queued on commit",
        applies=in_apps,
        check=attribute("delay", "apply_async", "send_task"),
        good=("run.delay_on_commit(team_id=1, job_id=2)",),
        bad=("run.delay(job_id=2)", "run.apply_async(kwargs={})"),
    ),
    Rule(
        name="tasks wait for rows, not for the clock",
        applies=in_apps,
        check=delayed_task,
        good=("task.retry(max_retries=3)",),
        bad=("task.retry(countdown=60)", "task.s().set(eta=tomorrow)"),
    ),
    Rule(
        name="no model signals",
        applies=in_apps,
        check=imports_of("django.db.models.signals"),
        good=("from django.dispatch import Signal",),
        bad=("from django.db.models.signals import post_save",),
    ),
    Rule(
        name="text is escaped",
        applies=in_apps,
        check=trusted_text,
        good=("format_html('<b>{}</b>', name)", "def f() -> SafeString: ..."),
        bad=("mark_safe(name)", "SafeString(name)"),
    ),
    Rule(
        name="user text is never a template",
        applies=in_apps,
        check=imports_of("django.template.Template", "django.template.base.Template"),
        good=("from django.template.loader import render_to_string",),
        bad=("from django.template import Template",),
    ),
    Rule(
        name="forms name their fields",
        applies=in_apps,
        check=all_fields,
        good=('class F:\n    class Meta:\n        fields = ["name"]',),
        bad=(
            'class F:\n    class Meta:\n        fields = "__all__"',
            'class F:\n    class Meta:\n        exclude = ["team"]',
        ),
    ),
    Rule(
        name="forms only validate",
        applies=in_apps,
        check=form_save,
        good=("services.create_contact(**form.cleaned_data)",),
        bad=("form.save()", "contact_form.save(commit=False)"),
    ),
    Rule(
        name="imports stand at the top",
        applies=in_apps,
        check=local_import,
        good=(
            "class C:\n    def ready(self):\n        from contacts import receivers",
            "import os",
        ),
        bad=("def f():\n    import os",),
        allowed={
            "crm/wsgi.py::refuse_unsafe_settings": "Django has to be set up first"
        },
    ),
    Rule(
        name="no names from a request as arguments",
        applies=in_apps,
        check=scattered_arguments,
        good=("Contact.objects.filter(**form.cleaned_data)",),
        bad=("Contact.objects.filter(**request.GET.dict())",),
    ),
    Rule(
        name="services take keywords and who did it",
        applies=lambda path: (
            in_apps(path) and ("/services/" in path or path.endswith("/services.py"))
        ),
        check=service_signature,
        path="contacts/services.py",
        good=(
            "def rename(contact, *, name, by):\n    contact.save()",
            "def full_name(first, last):\n    return first + last",
        ),
        bad=(
            "def rename(contact, name, *, by):\n    contact.save()",
            "def rename(contact, *, name):\n    contact.save()",
        ),
        allowed={
            "crm/history/services/recording.py::forget_records": "leaves no trace",
            "activities/services.py::look_back": "follows from what is there",
            "crm/teams/services.py::create_team": "nobody is a member of it yet",
            "crm/teams/services.py::accept_invitation": "nobody is a member yet",
            "contacts/services/directory.py::load_directory": NO_TEAM,
            "contacts/services/importing/uploads.py::remove_old": "the clock asks",
            "contacts/services/erasure_ledger.py::write_erasures": "the clock asks",
            "contacts/services/erasure_ledger.py::replay_erasure": "the operator asks",
            "contacts/services/exporting/starting.py::remove_expired": "the clock asks",
            "contacts/services/exporting/starting.py::withdraw_files": "part of what ended their rows",
            "contacts/services/purging.py::doom_files": "part of what ended their rows",
            "contacts/services/selections.py::remove_expired": "the clock asks",
            "contacts/services/deletion.py::hold_merged_persons": "part of a merge",
            "activities/services.py::move_activities": "part of a merge, which says who",
            "demo/services/loading.py": "part of founding a team of made-up people",
            "crm/teams/services.py::update_user": "a person's own row",
            "crm/teams/services.py::set_preferences": "a person's own row",
            "crm/teams/services.py::update_team": "changes nothing with a history",
            "accounts/services.py::create_default_stages": "part of creating a team",
            "contacts/services/stages.py::create_default_stages": "part of creating a team",
        },
    ),
    Rule(
        name="services know no requests",
        applies=lambda path: (
            in_apps(path)
            and ("/services/" in path or path.endswith(("services.py", "queries.py")))
        ),
        check=imports_of("django.http", "django.shortcuts", "django.contrib.messages"),
        path="contacts/services.py",
        good=("from django.db import transaction",),
        bad=(
            "from django.http import Http404",
            "from django.shortcuts import redirect",
        ),
    ),
    Rule(
        name="htmx is spoken in one module",
        applies=lambda path: in_apps(path) and path != "crm/htmx.py",
        check=htmx_header,
        good=('response["Location"] = url',),
        bad=('response["HX-Trigger"] = "saved"', 'request.META["HTTP_HX_TARGET"]'),
    ),
    Rule(
        name="no view is exempt from CSRF",
        applies=in_apps,
        check=name_or_import("csrf_exempt"),
        good=("@team_action('contacts.edit')\ndef f(request): ...",),
        bad=("from django.views.decorators.csrf import csrf_exempt",),
    ),
    Rule(
        name="connections are opened in named modules only",
        applies=in_apps,
        check=imports_of(
            "socket", "requests", "httpx", "urllib.request", "smtplib.SMTP", "imaplib"
        ),
        good=("from urllib.parse import urlsplit", "from smtplib import SMTPException"),
        bad=("import socket", "from urllib.request import urlopen"),
        allowed={
            "crm/embedded.py": "starts PostgreSQL and Redis on this machine",
            "crm/embedded_keeper.py": "starts PostgreSQL and Redis on this machine",
            "crm/ports.py": "asks which port of this machine is free",
        },
    ),
    Rule(
        name="the test client stays in tests",
        applies=in_apps,
        check=imports_of("django.test", "tests"),
        good=("from django.utils import timezone",),
        bad=("from django.test import Client", "from tests.factories import make_team"),
    ),
]
