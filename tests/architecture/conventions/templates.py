"""Conventions of templates: the strict policy of the browser, one look, no logic."""

import re
from collections.abc import Callable, Iterator

from tests.architecture.conventions.rule import Breach, Rule, Source, in_templates

COMMENT = re.compile(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", re.DOTALL)


def pattern(*patterns: str) -> Callable[[Source], Iterator[Breach]]:
    """A check for text that matches any of the patterns; template comments do not count."""
    found = re.compile("|".join(patterns), re.IGNORECASE | re.DOTALL)

    def check(source: Source) -> Iterator[Breach]:
        for match in found.finditer(COMMENT.sub("", source.text)):
            shown = " ".join(match.group().split())
            yield Breach(source.path, f"has {shown[:60]!r}")

    return check


def in_pages(path: str) -> bool:
    return in_templates(path) and "/email/" not in path


RULES = [
    Rule(
        name="no inline style",
        applies=in_pages,
        check=pattern(r"<[^>]*\sstyle\s*=", r"<style\b"),
        path="templates/contacts/contact_list.html",
        good=('<p class="muted">Hi</p>',),
        bad=('<p style="color:red">Hi</p>', "<style>p {}</style>"),
    ),
    Rule(
        name="no inline script",
        applies=in_pages,
        check=pattern(
            r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>",
            r"<[^>]*\son\w+\s*=",
            r"javascript:",
            r"hx-on",
            r"hx-vals=.js:",
            r"hx-trigger=\"[^\"]*\[",
        ),
        path="templates/contacts/contact_list.html",
        good=(
            '<script src="{% static "app.js" %}" defer></script>',
            '<a hx-get="/x" hx-trigger="input changed delay:300ms">Go</a>',
        ),
        bad=(
            "<script>alert(1)</script>",
            '<a onclick="go()">Go</a>',
            '<a href="javascript:go()">Go</a>',
            '<a hx-on:click="go()">Go</a>',
            """<a hx-vals='js:{a: 1}'>Go</a>""",
            '<a hx-trigger="keyup[ctrlKey]">Go</a>',
        ),
    ),
    Rule(
        name="text is escaped",
        applies=in_templates,
        check=pattern(r"\|\s*safe\b", r"\|\s*safeseq\b", r"autoescape\s+off"),
        path="templates/contacts/contact_list.html",
        good=("{{ contact.name }}",),
        bad=("{{ contact.name|safe }}", "{% autoescape off %}"),
    ),
    Rule(
        name="colors are tokens",
        applies=in_pages,
        check=pattern(r"class=\"[^\"]*\bdark:", r"=\"#[0-9a-f]{3,8}\"", r"\[#[0-9a-f]"),
        path="templates/contacts/contact_list.html",
        good=('<a class="btn" href="#list">Go</a>',),
        bad=(
            '<p class="dark:bg-black">',
            '<path fill="#ff0000"/>',
            '<p class="bg-[#fff]">',
        ),
    ),
    Rule(
        name="links and forms work alone; htmx refines them",
        applies=in_pages,
        check=pattern(r"hx-boost"),
        path="templates/contacts/contact_list.html",
        good=('<a href="/x" hx-get="/x">Go</a>',),
        bad=('<body hx-boost="true">',),
    ),
]
