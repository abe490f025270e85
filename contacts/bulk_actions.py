"""The actions that a selection of people offers (product.md P8). Apps above add theirs from AppConfig.ready()."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from contacts.models import Selection
from crm.jobs.models import JobRow
from crm.teams.models import Membership

Values = Mapping[str, Any]  # what the form of an action asked for, as JSON keeps it


class Ended(NamedTuple):
    """What became of one contact or person."""

    outcome: str  # of JobRow.Outcome: done, skipped or failed
    reason: str = ""
    record_id: int | None = None  # of the contact that a person became

    @classmethod
    def done(cls) -> "Ended":
        return cls(JobRow.Outcome.DONE)

    @classmethod
    def skipped(cls, reason: str) -> "Ended":
        return cls(JobRow.Outcome.SKIPPED, reason)

    @classmethod
    def failed(cls, reason: str) -> "Ended":
        return cls(JobRow.Outcome.FAILED, reason)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Some ids of a selection that an action is taken on, in one transaction."""

    ids: Sequence[int]
    values: Values
    at: datetime


class Run(Protocol):
    """Takes the action on a batch, in the caller's transaction."""

    def __call__(self, batch: Batch, *, by: Membership) -> Mapping[int, Ended]: ...


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """One action. Either it asks with a form and runs in batches, or it leads to a page of its own.

    `run` writes a batch set-based, keeps every rule that a single edit keeps, and returns what became of
    each id; of an id that it leaves out the ledger says that it is not there any more. It may be called
    again after a conflict.
    """

    key: str  # in URLs and jobs: never renamed
    label: Any  # lazy translation, in the bar: "Set stage"
    icon: str
    order: int
    permission: str = "contacts.edit"
    of: str = Selection.Of.CONTACTS
    # (number) -> the heading of the dialog, which names how many: "Set the stage of 3 contacts"
    heading: Callable[[int], str] = lambda number: ""
    form: Any = None  # a class of contacts.forms.bulk.BulkForm
    template: str = "contacts/_bulk_form.html"  # shows the form's controls
    # (values) -> what the job is called: "Set stage to Interested"
    title: Callable[[Values], str] = lambda values: ""
    run: Run | None = None
    # (selection) -> a sentence under the heading: what goes with these contacts
    warning: Callable[[Selection], str] = lambda selection: ""
    # Before the first batch, in the transaction that makes the job: a new list is created here.
    prepare: Callable[[Values, Membership], Values] = lambda values, by: values
    # (number) -> why it cannot be taken on so many, "" where it can
    refuses: Callable[[int], str] = lambda number: ""
    # (team slug, id of a selection) -> the page that it leads to
    leads_to: Callable[[str, int], str] | None = None
    is_destructive: bool = False
    is_reversible: bool = True
    is_prominent: bool = False  # stands in the bar itself where there is room


_actions: dict[str, BulkAction] = {}


def add(action: BulkAction) -> None:
    """Register an action; called from AppConfig.ready()."""
    _actions[action.key] = action


def get(key: str) -> BulkAction | None:
    """Return the action of that key; None if there is none."""
    return _actions.get(key)


def offered(member: Membership, *, of: str) -> list[BulkAction]:
    """Return what the member may do with contacts, or with people who are not saved, in order."""
    actions = sorted(_actions.values(), key=lambda action: action.order)
    return [
        action
        for action in actions
        if action.of == of and member.can(action.permission)
    ]
