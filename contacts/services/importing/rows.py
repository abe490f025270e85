"""A row of the file as what it says about a person, and by which keys that person is known."""

from typing import Any

from contacts.services.importing import targets

# A key by which a person is known: ("record" | "id" | "email" | "linkedin" | "phone", ...).
Key = tuple[str, ...]


class Row:
    """What one record says. `refused` is why it cannot be imported, "" if it can."""

    __slots__ = (
        "account",
        "account_custom",
        "company",
        "custom",
        "domain",
        "emails",
        "keys",
        "name_sort",
        "notes",
        "number",
        "own_notes",
        "owner_id",
        "phones",
        "refused",
        "skipped",
        "stage_id",
        "values",
        "website",
    )

    def __init__(self, number: int) -> None:
        self.number = number
        self.values: dict[str, str] = {}  # column of Contact -> text
        self.custom: dict[int, tuple[Any, ...]] = {}  # place in the mapping -> stored
        self.emails: dict[str, tuple[str, str]] = {}  # normalized -> (as typed, kind)
        self.phones: dict[tuple[str, str], str] = {}  # (number, extension) -> kind
        self.company = self.domain = self.website = ""
        self.account: dict[str, Any] = {}  # column of Account -> value
        self.account_custom: dict[int, tuple[Any, ...]] = {}  # place -> stored
        self.stage_id = self.owner_id = 0  # that the row names
        self.name_sort = ""
        self.keys: list[Key] = []
        self.notes: list[str] = []
        self.own_notes = (
            0  # of these, what the row itself says; the rest is about contacts
        )
        self.refused = self.skipped = ""

    def forget(self, reason: str) -> None:
        """Refuse the row and keep nothing of what it says about a person."""
        self.refused = reason
        self.values, self.custom, self.emails, self.phones = {}, {}, {}, {}
        self.account, self.account_custom = {}, {}
        self.company = self.domain = self.website = self.name_sort = ""
        self.stage_id = self.owner_id = 0
        self.keys, self.notes, self.own_notes = [], [], 0

    @property
    def is_only_a_reference(self) -> bool:
        """Whether it says which contact it is about, but not who that is."""
        told = self.name_sort or self.emails or self.phones
        return not (told or self.values.get("external_id"))

    @property
    def label(self) -> str:
        """What a person knows the row by."""
        first, last = self.values.get("first_name"), self.values.get("last_name")
        name = f"{first or ''} {last or ''}".strip() or self.values.get(targets.NAME)
        known_by = name or next(iter(self.emails), "") or self.values.get("external_id")
        return (known_by or "")[:200]
