"""Working time as numbers: made-up activities happen in offices, on working days."""

from datetime import UTC, datetime, time, timedelta

SLOT_SECONDS = 300
SLOTS_A_DAY = 108  # nine hours
_WEEKS = 104
_OPENS = time(13, tzinfo=UTC)  # nine in New York, two in the afternoon in London


class Clock:
    """Counts the five-minute slots of working days in the two years before `now`.

    Slots are plain integers, so that SQL and Python agree on when something happened.
    """

    def __init__(self, now: datetime) -> None:
        start = now.astimezone(UTC).date() - timedelta(weeks=_WEEKS)
        monday = start - timedelta(days=start.weekday())
        self.base = datetime.combine(monday, _OPENS)
        self.latest = self._last_before(now - timedelta(seconds=SLOT_SECONDS))

    def at(self, slot: int) -> datetime:
        """Return the start of a slot."""
        day, rest = divmod(slot, SLOTS_A_DAY)
        week, weekday = divmod(day, 5)
        return self.base + timedelta(
            days=week * 7 + weekday, seconds=rest * SLOT_SECONDS
        )

    def _last_before(self, now: datetime) -> int:
        passed = now - self.base
        week, weekday = divmod(passed.days, 7)
        if weekday >= 5:
            return (week + 1) * 5 * SLOTS_A_DAY - 1
        rest = min(passed.seconds // SLOT_SECONDS, SLOTS_A_DAY - 1)
        return (week * 5 + weekday) * SLOTS_A_DAY + rest
