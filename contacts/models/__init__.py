"""People: the directory's persons and the team's own contacts."""

from contacts.models.contacts import Contact, ContactEmail, ContactPhone
from contacts.models.duplicates import DuplicatePair, Match
from contacts.models.endings import DoomedFile, Tombstone
from contacts.models.exports import ContactExport
from contacts.models.fields import ContactFieldValue
from contacts.models.flags import ContactFlag
from contacts.models.forgotten import BlockedKey, Erasure
from contacts.models.holdback import HeldBack
from contacts.models.imports import ContactImport
from contacts.models.lists import ContactList, LeftList, ListEntry
from contacts.models.people import Person
from contacts.models.saved_views import SavedView, ViewMark
from contacts.models.selections import Selection, SelectionPart
from contacts.models.stages import ContactStage

__all__ = [
    "BlockedKey",
    "Contact",
    "ContactEmail",
    "ContactExport",
    "ContactFieldValue",
    "ContactFlag",
    "ContactImport",
    "ContactList",
    "ContactPhone",
    "ContactStage",
    "DoomedFile",
    "DuplicatePair",
    "Erasure",
    "HeldBack",
    "LeftList",
    "ListEntry",
    "Match",
    "Person",
    "SavedView",
    "Selection",
    "SelectionPart",
    "Tombstone",
    "ViewMark",
]
