"""The contacts of a demo team, made and written batch by batch, so that memory stays flat."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from accounts.models import Account, Organization
from contacts.models import Contact, Person
from crm.tenancy.bulk import reserve_ids
from demo.services import directory
from demo.services.clock import SLOTS_A_DAY, Clock
from demo.services.contact_rows import Draft, Rows
from demo.services.history import History, Plan, Schedule
from demo.services.inventing import SIZES, Company, Inventor, Someone
from demo.services.teams import Cast

_BATCH = 1000  # companies, 5 contacts each on average
_DELETED_DAYS = 3

Staff = list[tuple[Someone, int | None]]  # each with the id of the directory's person


class Team:
    """Fills the team in scope with contacts and their histories."""

    def __init__(self, cast: Cast, schedule: Schedule, *, at: datetime) -> None:
        self.cast = cast
        self.schedule = schedule
        self.at = at
        self.clock = Clock(at)
        self.history = History(self.clock)
        self.inventor = Inventor("team", rare_surnames=schedule.contacts > 10_000)
        self.rows = Rows(cast, self.inventor, at)
        self.people = _ids_by_key(Person)
        self.organizations = _ids_by_key(Organization)
        self.number = 0
        self.accounts = 0

    def fill(self, progress: Callable[[int], None]) -> None:
        """Write everything; `progress` hears how many contacts are there after each batch."""
        self.history.prepare()
        batch: list[tuple[Company, Staff]] = []
        for entry in self._companies():
            batch.append(entry)
            if len(batch) == _BATCH:
                self._write(batch)
                batch = []
                progress(self.number)
        self._write(batch)
        progress(self.number)

    def _companies(self) -> Iterator[tuple[Company, Staff]]:
        made = 0
        known = directory.staff()
        while made < self.schedule.contacts:
            number = self.accounts
            self.accounts += 1
            size = min(SIZES[number % len(SIZES)], self.schedule.contacts - made)
            if number < len(known):
                company, people = known[number]
                staff = self._mixed(company, people, first=made, size=size)
            else:
                company = self.inventor.company(number)
                taken: set[str] = set()
                staff = [
                    (self.inventor.someone(company, taken), None) for _ in range(size)
                ]
            made += size
            yield company, staff

    def _mixed(
        self, company: Company, people: list[Someone], *, first: int, size: int
    ) -> Staff:
        """Return the staff of an organization of the directory: a third were saved from there."""
        taken = {someone.email for someone in people}
        staff: Staff = []
        for place in range(size):
            pk = self.people.get(directory.person_key(company, place))
            if (first + place) % 3 == 0 and pk and not _is_deleted(first + place):
                staff.append((people[place], pk))
            else:
                staff.append((self.inventor.someone(company, taken), None))
        return staff

    def _write(self, batch: list[tuple[Company, Staff]]) -> None:
        if not batch:
            return
        account_pks = reserve_ids(Account, len(batch))
        contact_pks = iter(reserve_ids(Contact, sum(len(staff) for _, staff in batch)))
        plans = []
        for account_pk, (company, staff) in zip(account_pks, batch, strict=True):
            key = directory.organization_key(company)
            self.rows.add_account(account_pk, company, self.organizations.get(key))
            for someone, person_pk in staff:
                is_alone = self.number % 25 == 24 and not person_pk
                draft, plan = self._draft(
                    next(contact_pks),
                    (someone, person_pk),
                    company,
                    None if is_alone else account_pk,
                )
                self.rows.add_contact(draft)
                plans.append(plan)
                self.number += 1
        self.rows.write()
        self.history.write(plans)

    def _draft(
        self,
        pk: int,
        person: tuple[Someone, int | None],
        company: Company,
        account_pk: int | None,
    ) -> tuple[Draft, Plan]:
        someone, person_pk = person
        owner_pk = self.inventor.pick(self.rows.owners)
        author_pk = owner_pk or self.cast.owner.pk
        lines = self.schedule.lines_of(self.number)
        first_slot, last_slot = self._slots(lines)
        draft = Draft(
            number=self.number,
            pk=pk,
            someone=someone,
            company=company,
            account_pk=account_pk,
            person_pk=person_pk,
            owner_pk=owner_pk,
            author_pk=author_pk,
            created_at=self.history.created_at(first_slot),
            last_activity_at=self.history.last_activity_at(last_slot)
            if lines
            else None,
            deleted_at=self._deleted_at(),
        )
        plan = Plan(
            contact_id=pk,
            account_id=account_pk,
            member_id=author_pk,
            lines=lines,
            first_slot=first_slot,
            last_slot=last_slot,
            story=self.number % len(self.history.stories),
            source=draft.source.value,
            source_detail=draft.source_detail,
            first_name=someone.first_name,
            company=company.name,
            me=self.cast.first_names[author_pk],
        )
        return draft, plan

    def _slots(self, lines: int) -> tuple[int, int]:
        """Return when the record was made and when the last activity was: more often lately."""
        latest = self.clock.latest
        if _is_deleted(self.number):
            latest -= _DELETED_DAYS * SLOTS_A_DAY
        first = int(self.inventor.random.random() * latest * 0.95) if self.number else 0
        silence = self.inventor.random.random() ** 2
        last = first + max(1, int((latest - first) * (1 - silence)))
        return first, last if lines else first

    def _deleted_at(self) -> datetime | None:
        if not _is_deleted(self.number):
            return None
        return self.at - timedelta(hours=2 + self.number % 40)


def _is_deleted(number: int) -> bool:
    return number % 100 == 42


def _ids_by_key(model: type[Person] | type[Organization]) -> dict[str, int]:
    rows = model.objects.filter(key__startswith=directory.KEY)
    return dict(rows.values_list("key", "pk"))
