"""What a person chooses for an import besides what the columns become."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from contacts.models import ContactImport


@dataclass(frozen=True, kw_only=True)
class Options:
    """Kept as JSON with the import and with its jobs."""

    existing: str = ContactImport.Existing.EMPTY
    binned: str = ContactImport.Binned.RESTORE  # what happens to deleted contacts
    country: str = "US"  # of phone numbers without a country code (ISO 3166-1)
    stage_id: int | None = None  # of new contacts; None is the first stage
    owner_id: int | None = None  # of new contacts
    list_id: int | None = None  # everybody in the file joins it

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**stored)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
