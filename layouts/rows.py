"""One line of a record on a page: what templates/layouts/_props.html shows, and where it is edited."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from crm.templatetags.ui import in_sentence


class Kind(StrEnum):
    """What a value looks like."""

    TEXT = "text"
    LINK = "link"  # acts when it is clicked; a pencil edits
    STAGE = "stage"
    MEMBER = "member"
    TAGS = "tags"
    CLOCK = "clock"
    MOMENT = "moment"


@dataclass(slots=True, kw_only=True)
class Row:
    """A label and a value. Empty values are offered to be added where `edit` says how."""

    id: str
    label: Any
    text: str = ""
    kind: Kind = Kind.TEXT
    edit: str = ""  # URL of its editor; "" for a value that is only read
    href: str = ""  # of a link
    note: str = ""  # a second line
    warns: bool = False  # the note says that something is wrong
    flag: str = ""  # URL where one says that it is inaccurate
    flagged: str = ""  # who says so, since when and why
    unflag: str = ""  # URL that takes this back by POST
    history: str = ""  # URL of who set it, and what it was before
    value: Any = None  # of the kinds stage, clock and moment
    tags: tuple[str, ...] = ()
    is_focused: bool = False  # it takes the place of its editor
    is_named: bool = (
        False  # the label is a name: it keeps its capital inside a sentence
    )

    @property
    def name(self) -> str:
        """The label as it stands inside a sentence: "Add title", "Add Facebook"."""
        return str(self.label) if self.is_named else in_sentence(self.label)

    @property
    def add_label(self) -> str:
        return _("Add %s") % self.name

    @property
    def edit_label(self) -> str:
        return _("Edit %(label)s %(value)s") % {"label": self.name, "value": self.text}

    @property
    def edit_prefix(self) -> str:
        return _("Edit %s:") % self.label

    @property
    def copy_label(self) -> str:
        return _("Copy %(label)s %(value)s") % {"label": self.name, "value": self.text}

    @property
    def flag_label(self) -> str:
        return _("Flag %(label)s %(value)s as inaccurate") % {
            "label": self.name,
            "value": self.text,
        }

    @property
    def unflag_label(self) -> str:
        return _("Unflag %(label)s %(value)s") % {
            "label": self.name,
            "value": self.text,
        }

    @property
    def history_label(self) -> str:
        return _("History of %s") % self.name

    @property
    def has_second_line(self) -> bool:
        return bool(self.note or self.flagged)

    @property
    def is_phone(self) -> bool:
        return self.href.startswith("tel:")

    @property
    def is_link(self) -> bool:
        return self.kind == Kind.LINK and bool(self.text)

    @property
    def is_stage(self) -> bool:
        return self.kind == Kind.STAGE

    @property
    def is_member(self) -> bool:
        return self.kind == Kind.MEMBER

    @property
    def is_tags(self) -> bool:
        return self.kind == Kind.TAGS

    @property
    def is_clock(self) -> bool:
        return self.kind == Kind.CLOCK

    @property
    def is_moment(self) -> bool:
        return self.kind == Kind.MOMENT

    @property
    def is_web(self) -> bool:
        """Whether the link leads out of the application."""
        return self.href.startswith("http")
