"""Conventions of the repository: names of modules, sizes, what is not committed."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.conventions.rule import (
    APPS,
    Breach,
    Rule,
    Source,
    in_apps,
    in_templates,
    place,
)

MODULES = {
    "signals",
    "models",
    "queries",
    "services",
    "tasks",
    "receivers",
    "panels",
    "forms",
    "views",
    "public_views",
    "urls",
    "admin",
    "apps",
    "__init__",
}
BANNED = {"utils", "helpers", "common", "mixins", "managers", "constants", "misc"}
# Modules of an app that hold something of their own, each with what it is.
OWN_MODULES = {
    "crm/teams/middleware.py": "the door into a team",
    "crm/teams/backends.py": "who a session belongs to",
    "crm/teams/leaving.py": "where it is decided what becomes of a removed member's records",
    "crm/teams/roles.py": "the one table of permissions",
    "crm/teams/adapter.py": "what django-allauth asks of this product",
    "crm/teams/auth_urls.py": "the pages of django-allauth that exist here",
    "crm/teams/confirming.py": "what asks for the password again",
    "crm/teams/entrance.py": "how the pages of django-allauth answer",
    "crm/teams/places.py": "countries and time zones to choose from",
    "crm/history/registry.py": "what is written down of which record",
    "crm/history/operations.py": "the triggers that write it down",
    "crm/jobs/registry.py": "which kinds of jobs there are",
    "accounts/followers.py": "what may follow an account to its new owner",
    "contacts/bulk_actions.py": "what people can do with many contacts at once",
    "contacts/belongings.py": "what moves with a contact that is merged",
    "contacts/middleware.py": "where links to merged contacts lead",
    "contacts/departures.py": "what goes with a contact that is deleted",
    "layouts/registry.py": "what apps put on a record's page",
    "layouts/fields.py": "how one value is read, checked and shown",
    "layouts/kinds/recorded.py": "values as the history holds them",
    "layouts/kinds/__init__.py": "how values of custom fields are read, checked and shown",
    "layouts/kinds/base.py": "what all kinds of custom fields have in common",
    "layouts/kinds/choices.py": "kinds with a choice",
    "layouts/kinds/controls.py": "controls that are more than a line",
    "layouts/kinds/currencies.py": "the codes of currencies",
    "layouts/kinds/making.py": "from fields to their kinds",
    "layouts/kinds/numbers.py": "kinds with an order of their own",
    "layouts/kinds/texts.py": "kinds that are texts",
    "layouts/rows.py": "one line of a widget, ready to be written",
    "layouts/overview.py": "the layout that is code",
}
# Packages inside an app that are platform code with names of their own.
KERNEL = ("crm/tenancy/", "crm/templatetags/")


def module_name(source: Source) -> Iterator[Breach]:
    stem = source.name.removesuffix(".py")
    if stem in BANNED:
        yield Breach(source.path, "is named for nothing; name it for what it does")
    parts = source.path.split("/")
    app = parts[:2] if parts[0] == "crm" else parts[:1]
    inside = parts[len(app) :]
    if (
        source.path.startswith(KERNEL)
        or len(inside) == 0
        or len(parts) == 2 == len(app)
    ):
        return
    top = inside[0].removesuffix(".py")
    if top not in MODULES | {"management", "migrations"}:
        yield Breach(source.path, f"{top} is no module that an app has")


def long_file(source: Source) -> Iterator[Breach]:
    limit = 600 if source.path.startswith("tests/") else 500
    lines = source.text.count("\n")
    if lines > limit:
        yield Breach(source.path, f"has {lines} lines, more than {limit}")


def long_function(source: Source) -> Iterator[Breach]:
    is_view = source.is_module("views") or source.is_module("public_views")
    limit = 40 if is_view else 60
    for around, node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            if lines > limit:
                name = f"{around}.{node.name}" if around else node.name
                yield Breach(
                    place(source, name), f"has {lines} lines, more than {limit}"
                )


def long_template(source: Source) -> Iterator[Breach]:
    lines = source.text.count("\n")
    if lines > 200:
        yield Breach(source.path, f"has {lines} lines, more than 200")


LATER = (
    "TO" + "DO",
    "FIX" + "ME",
    "XX" + "X",
)  # in two halves, so as not to find itself
UNFINISHED = re.compile(rf"\b(?:{'|'.join(LATER)})\b")


def unfinished(source: Source) -> Iterator[Breach]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield Breach(source.path, f"line {number} is left for later")


def is_python(path: str) -> bool:
    return path.endswith(".py") and "/migrations/" not in path


RULES = [
    Rule(
        name="an app has only modules of known names",
        applies=in_apps,
        check=module_name,
        path="contacts/helpers.py",
        good=(),
        bad=("",),
        allowed=OWN_MODULES,
    ),
    Rule(
        name="files stay short",
        applies=lambda path: is_python(path) and path != "crm/settings.py",
        check=long_file,
        good=("pass\n" * 500,),
        bad=("pass\n" * 501,),
    ),
    Rule(
        name="functions stay short",
        applies=is_python,
        check=long_function,
        good=("def f():\n" + "    pass\n" * 39,),
        bad=("def f():\n" + "    pass\n" * 40,),
    ),
    Rule(
        name="templates stay short",
        applies=in_templates,
        check=long_template,
        good=("<p>\n" * 200,),
        bad=("<p>\n" * 201,),
    ),
    Rule(
        name="nothing is left for later",
        applies=lambda path: (
            path.split("/")[0]
            in {*APPS, "templates", "static", "tests", "docs", "bench"}
        ),
        check=unfinished,
        good=("# Why it is so.",),
        bad=(f"# {LATER[0]}: later", f"# {LATER[1]}"),
    ),
]
