"""What a chunk of rows does to contacts: decided here, written or only counted elsewhere.

An import and its dry run share this code, so what the dry run promises is what happens.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import ContactImport
from contacts.services import blocking, deletion
from contacts.services.importing import known as contacts
from contacts.services.importing.changes import shortened
from contacts.services.importing.companies import Companies, Company
from contacts.services.importing.filling import Terms, add_addresses, fill, new_contact
from contacts.services.importing.known import Known
from contacts.services.importing.options import Options
from contacts.services.importing.past import Past
from contacts.services.importing.rows import Key, Row
from crm.jobs.models import JobRow

Outcome = JobRow.Outcome
MAX_REASON = 300


@dataclass(slots=True)
class Result:
    """What becomes of one row."""

    row: Row
    outcome: str
    reason: str = ""
    known: Known | None = None

    @property
    def is_partial(self) -> bool:
        """Whether values of the row are left out, while the row itself is not refused."""
        return bool(self.row.notes) and self.outcome != Outcome.REFUSED


@dataclass
class Plan:
    """What becomes of a chunk of rows."""

    results: list[Result] = field(default_factory=list)
    met: dict[int, Known] = field(default_factory=dict)  # by identity, in order
    companies: Sequence[Company] = ()  # those that are there and get something

    def add(self, row: Row, outcome: str, reason: str, known: Known | None) -> None:
        # Whatever else is long, what could not be kept is said.
        notes = shortened("; ".join(row.notes), MAX_REASON - 60)
        reason = shortened(reason, MAX_REASON - len(notes) - 2 if notes else MAX_REASON)
        reasons = "; ".join(filter(None, [reason, notes]))
        self.results.append(Result(row, outcome, reasons, known))
        if known is not None:
            self.met[id(known)] = known


class Planner:
    """Decides for the rows of one chunk, in their order."""

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        options: Options,
        terms: Terms,
        past: Past,
        at: datetime,
    ) -> None:
        self.rows = rows
        self.terms = terms
        self.skips = options.existing == ContactImport.Existing.SKIP
        self.restores = options.binned == ContactImport.Binned.RESTORE
        self.skips_binned = options.binned == ContactImport.Binned.SKIP
        self.past = past
        self.at = at
        self.live: dict[Key, Known] = {}
        self.binned: dict[Key, Known] = {}
        self.unrestorable: dict[int, str] = {}  # contact -> why it stays in the bin

    def plan(self) -> Plan:
        self._refuse_forgotten()
        usable = [row for row in self.rows if not row.refused and not row.skipped]
        self._gather(usable)
        self.companies = Companies(
            usable,
            columns=self.terms.account_columns,
            fields=self.terms.account_fields,
        )
        plan = Plan()
        for row in self.rows:
            if row.refused:
                plan.add(row, Outcome.REFUSED, row.refused, None)
            elif row.skipped:
                plan.add(row, Outcome.SKIPPED, row.skipped, None)
            else:
                self._decide(row, plan)
        plan.companies = self.companies.filled()
        return plan

    def _refuse_forgotten(self) -> None:
        """Refuse rows about people who asked to be forgotten (product.md D4)."""
        known = blocking.blocked(key for row in self.rows for key in row.keys)
        for row in self.rows if known else ():
            if not known.keys().isdisjoint(row.keys):
                row.forget(blocking.reason())

    def _gather(self, rows: Sequence[Row]) -> None:
        """Load every contact that one of the rows may be about."""
        found = contacts.find(rows)
        earlier = self.past.owners({key for row in rows for key in row.keys})
        pks = {pk for owners in found.values() for pk in owners}
        pks |= {pk for pk in earlier.values() if pk > 0}
        loaded = contacts.load(
            pks,
            columns=self.terms.columns,
            field_ids=set(self.terms.fields.values()),
        )
        for pk in set(earlier.values()):
            if pk < 0:
                # Only an earlier row of a dry run knows it.
                loaded[pk] = ghost = Known(pk)
                ghost.first_row = -pk
        for pk, meeting in self.past.meetings(pks).items():
            loaded[pk].first_row, is_frozen = meeting
            loaded[pk].is_frozen = is_frozen and self.skips
            loaded[pk].binned = False
        for key, owners in found.items():
            for known in (loaded[pk] for pk in owners if pk in loaded):
                (self.binned if known.binned else self.live).setdefault(key, known)
        for key, pk in earlier.items():
            self.live.setdefault(key, loaded[pk])
        self._recall_phones(rows, loaded)
        self._find_unrestorable(rows)

    def _recall_phones(self, rows: Sequence[Row], loaded: dict[int, Known]) -> None:
        """Give contacts the phone numbers that earlier rows of a dry run would have added."""
        met = {id(known): pk for pk, known in loaded.items() if known.first_row}
        wanted = {
            (met[id(known)], number, extension)
            for row in rows
            if (known := self._match(row, self.live)) and id(known) in met
            for number, extension in row.phones
        }
        for pk, number, extension in self.past.phones(wanted):
            if (number, extension) not in loaded[pk].phones:
                loaded[pk].phones.append((number, extension))

    def _find_unrestorable(self, rows: Sequence[Row]) -> None:
        """Ask which of the deleted contacts cannot come back, by trying and undoing it."""
        candidates = {
            known.pk
            for row in rows
            if self.restores
            and not self._match(row, self.live)
            and (known := self._match(row, self.binned))
        }
        if not candidates:
            return
        with transaction.atomic():
            tried = deletion.restore_contacts(
                contact_ids=candidates, by=None, at=self.at
            )
            transaction.set_rollback(True)
        self.unrestorable = tried.refused

    def _match(self, row: Row, among: dict[Key, Known]) -> Known | None:
        for key in row.keys:
            if (known := among.get(key)) is not None:
                return known
        return None

    def _decide(self, row: Row, plan: Plan) -> None:
        known = self._match(row, self.live)
        if known is None and (binned := self._match(row, self.binned)) is not None:
            if self.restores:
                self._restore(row, binned, plan)
                return
            if self.skips_binned:
                plan.add(row, Outcome.SKIPPED, _("Is a deleted contact"), None)
                return
        if known is None and row.is_only_a_reference:
            reason = _("There is no contact with this ID")
            plan.add(row, Outcome.REFUSED, reason, None)
        elif known is None:
            known = new_contact(row, self.companies.of(row), self.terms)
            self._register(known)
            plan.add(row, Outcome.CREATED, "", known)
        elif known.first_row:
            self._add_to_same(row, known, plan)
        else:
            self._meet(row, known, plan)

    def _meet(self, row: Row, known: Known, plan: Plan) -> None:
        """The first row about a contact that the team has already."""
        known.first_row = row.number
        if self.skips:
            known.is_frozen = True
            plan.add(row, Outcome.SKIPPED, _("Is a contact already"), known)
            return
        changed = self._fill(row, known)
        reason = "; ".join(changed) or _("Nothing new")
        outcome = Outcome.UPDATED if changed else Outcome.SKIPPED
        plan.add(row, outcome, reason, known)

    def _restore(self, row: Row, known: Known, plan: Plan) -> None:
        """The first row about a contact in the bin."""
        if known.pk in self.unrestorable:
            reason = _("Is a deleted contact that cannot be restored: %s")
            plan.add(
                row,
                Outcome.REFUSED,
                reason % self.unrestorable[known.pk].rstrip("."),
                None,
            )
            return
        known.first_row = row.number
        known.binned, known.restored = False, True
        self._register(known)
        changed = [] if self.skips else self._fill(row, known)
        plan.add(row, Outcome.RESTORED, "; ".join(changed), known)

    def _add_to_same(self, row: Row, known: Known, plan: Plan) -> None:
        """A later row about somebody: the first one wins, but more addresses are welcome."""
        same = _("Same person as row %s") % known.first_row
        added = [] if known.is_frozen else add_addresses(row, known, self.live)
        self._register(known)
        if added:
            plan.add(row, Outcome.UPDATED, f"{same}: {', '.join(added)}", known)
        else:
            plan.add(row, Outcome.SKIPPED, same, known)

    def _fill(self, row: Row, known: Known) -> list[str]:
        company = self.companies.of(row)
        changed = fill(row, known, company=company, terms=self.terms)
        if added := add_addresses(row, known, self.live):
            changed.append(_("Added: %s") % ", ".join(added))
        self._register(known)
        return changed

    def _register(self, known: Known) -> None:
        for key in known.known_by():
            self.live.setdefault(key, known)
