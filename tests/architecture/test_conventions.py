"""The house style, executable. Each rule has good and bad examples, and each exception a reason."""

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import get_template

from tests.architecture.conventions import layout, python, templates
from tests.architecture.conventions.rule import ROOT, Rule, Source, sources
from tests.architecture.sitemap import Entry, entries

RULES = [*python.RULES, *templates.RULES, *layout.RULES]
EVERY_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
RENDERS = re.compile(r'"([\w-]+/[\w/-]+\.html)(#[\w-]+)?"')


@EVERY_RULE
class TestRule:
    def test_accepts_the_good_examples(self, rule: Rule) -> None:
        for text in rule.good:
            assert list(rule.check(Source(rule.path, text))) == [], text

    def test_finds_the_bad_examples(self, rule: Rule) -> None:
        for text in rule.bad:
            assert list(rule.check(Source(rule.path, text))), text

    def test_holds_everywhere(self, rule: Rule) -> None:
        broken = [
            breach for breach in rule.breaches() if not rule.exception_for(breach)
        ]

        assert broken == [], "\n".join(str(breach) for breach in broken)

    def test_has_no_stale_exception(self, rule: Rule) -> None:
        used = {rule.exception_for(breach) for breach in rule.breaches()}

        assert set(rule.allowed) - used == set()

    def test_gives_a_reason_for_each_exception(self, rule: Rule) -> None:
        assert all(len(reason) > 10 for reason in rule.allowed.values())


def own_entries() -> list[Entry]:
    apps = ("crm.", "layouts.", "accounts.", "contacts.", "activities.")
    return [entry for entry in entries() if entry.view.__module__.startswith(apps)]


def named_wrongly(entry: Entry) -> str:
    """Return what is wrong with the names of a URL and its view; "" when they agree."""
    view = entry.view.__name__
    if entry.name.split(":")[-1] != view:
        return f"{entry.name} leads to {view}"
    return ""


def renders_wrongly(view: str, app: str, text: str) -> list[str]:
    """Return the whole templates in the view's source that are not its own.

    A view renders <app>/<view>.html, or <app>/<noun>_form.html; a part of another page
    ("page.html#part") is that page's, and "_part.html" is one that several share.
    """
    noun = view.rsplit("_", 1)[0]
    own = {f"{app}/{view}.html", f"{app}/{noun}_form.html"}
    whole = [
        name for name, part in RENDERS.findall(text) if not part and "/_" not in name
    ]
    return [name for name in whole if name not in own]


class TestNames:
    """One name everywhere: view, URL and template."""

    def test_tells_right_from_wrong(self) -> None:
        def contact_list() -> None: ...

        assert named_wrongly(Entry("contacts:contact_list", "", contact_list)) == ""
        assert named_wrongly(Entry("contacts:list", "", contact_list))
        page = 'render_page(request, "contacts/contact_detail.html#stage")'
        assert renders_wrongly("contact_stage", "contacts", page) == []
        assert renders_wrongly("contact_stage", "contacts", page.replace("#stage", ""))

    def test_a_url_has_the_name_of_its_view(self) -> None:
        assert [
            wrong for entry in own_entries() if (wrong := named_wrongly(entry))
        ] == []

    def test_a_view_renders_the_template_of_its_name(self) -> None:
        wrong = {}
        for entry in own_entries():
            code = inspect.getsource(inspect.unwrap(entry.view))
            app = entry.view.__module__.removeprefix("crm.").split(".")[0]
            found = renders_wrongly(entry.view.__name__, app, code)
            if found:
                wrong[entry.name] = found

        assert wrong == {}

    def test_every_page_template_belongs_to_a_view(self) -> None:
        views = {entry.view.__name__ for entry in own_entries()}
        nouns = {view.rsplit("_", 1)[0] for view in views}
        apps = {"teams", "jobs", "layouts", "accounts", "contacts", "activities"}
        orphans = [
            source.path
            for source in sources()
            if source.path.startswith("templates/")
            and len(source.folders) == 2
            and source.folders[1] in apps
            and not source.name.startswith("_")
            and not source.name.endswith("_base.html")  # what several pages extend
            and source.path.endswith(".html")
            and (stem := source.name.removesuffix(".html")) not in views
            and stem.removesuffix("_form") not in nouns
        ]

        # The account/ and mfa/ templates have the names that django-allauth gives them.
        assert orphans == []

    def test_every_template_compiles(self) -> None:
        for source in sources():
            if source.path.startswith("templates/") and source.path.endswith(
                (".html", ".txt")
            ):
                get_template(source.path.removeprefix("templates/"))

    def test_paths_are_plural_nouns_in_kebab_case_with_a_slash_at_the_end(self) -> None:
        odd = [
            entry.route
            for entry in own_entries()
            if entry.name not in ("healthz", "readyz", "teams:home")
            and not re.fullmatch(r"(?:(?:[a-z0-9-]+|<\w+:\w+>)/)+", entry.route)
        ]

        assert odd == []


class TestContracts:
    def test_imports_only_point_down(self) -> None:
        linter = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
        assert linter, "import-linter is not installed"

        done = subprocess.run(
            [linter, "--no-cache"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

        assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.django_db
class TestMigrations:
    def test_models_and_migrations_agree(self) -> None:
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    def test_have_names_that_say_what_they_do(self) -> None:
        unnamed = [
            source.path
            for source in sources()
            if "/migrations/" in source.path
            and re.search(r"_auto_|_alter_.*_and_more", source.name)
        ]

        assert unnamed == []
