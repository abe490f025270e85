"""What a convention is: a check over one source file, with examples and with exceptions."""

import ast
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
APPS = ("crm", "layouts", "accounts", "contacts", "activities", "demo")


@dataclass(frozen=True)
class Source:
    """A file of the repository, by its path from the root."""

    path: str
    text: str

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def folders(self) -> list[str]:
        return self.path.split("/")[:-1]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[tuple[str, ast.AST]]:
        """Every node with the qualified name of the function or class around it."""
        return list(_walk(self.tree, ""))

    def is_module(self, name: str) -> bool:
        """Return whether this is `name.py` or part of a package `name/`."""
        return self.name == f"{name}.py" or name in self.folders


def _walk(node: ast.AST, around: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        yield around, child
        inner = around
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{around}.{child.name}" if around else child.name
        yield from _walk(child, inner)


@dataclass(frozen=True)
class Breach:
    where: str  # "path" or "path::function"
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


Check = Callable[[Source], Iterator[Breach]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A convention. `allowed` maps "path" or "path::function" to the reason of an exception."""

    name: str
    applies: Callable[[str], bool]
    check: Check
    good: tuple[str, ...]
    bad: tuple[str, ...]
    path: str = "contacts/views.py"  # where the examples are said to be
    allowed: dict[str, str] = field(default_factory=dict)

    def breaches(self) -> list[Breach]:
        """Every breach in the repository, exceptions included."""
        return [
            breach
            for source in sources()
            if self.applies(source.path)
            for breach in self.check(source)
        ]

    def exception_for(self, breach: Breach) -> str:
        """Return the entry of `allowed` that covers the breach; "" if none does."""
        path = breach.where.split("::")[0]
        return next((key for key in (breach.where, path) if key in self.allowed), "")


@cache
def sources() -> tuple[Source, ...]:
    """Every text file under version control or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    wanted = (".py", ".html", ".txt", ".md", ".css", ".js", ".mjs", ".toml", ".yml")
    return tuple(
        Source(path, (ROOT / path).read_text())
        for path in sorted(set(listed))
        if path.endswith(wanted) and (ROOT / path).is_file()
    )


def in_apps(path: str) -> bool:
    """Application code: no tests, no migrations."""
    return (
        path.endswith(".py")
        and path.split("/")[0] in APPS
        and "/migrations/" not in path
    )


def in_templates(path: str) -> bool:
    return path.startswith("templates/") and path.endswith(".html")


def place(source: Source, around: str) -> str:
    return f"{source.path}::{around}" if around else source.path
