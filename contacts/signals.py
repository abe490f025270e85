"""What happens to contacts that apps above may care about. Sent inside the service's transaction."""

from django.dispatch import Signal

# contact_ids: list of int; by: Membership or None; at: datetime. Sent for one contact and for thousands alike,
# so receivers work set-based: never one query per id.
contacts_created = Signal()
contacts_restored = Signal()
contacts_deleted = Signal()

# contact_ids: list of int; at: datetime. Rows of theirs were set back to what they were, also such of apps above.
contacts_set_back = Signal()

# contact; changes: {field name: (old, new)} as display texts; by: Membership; at: datetime
contact_changed = Signal()

# changes: {contact id: changes as above}; by: Membership or None; at: datetime. The same news of thousands of
# contacts at once, from jobs; `via` names the file they came from. Receivers work set-based.
contacts_changed = Signal()

# keep: Contact; absorbed: list of Contact, as they were before; by: Membership; at: datetime. Everything that
# contacts.belongings names has moved; this is for telling of it.
contacts_merged = Signal()

# Somebody was forgotten, or that was lifted: the ledger outside of the database is to be told.
people_forgotten = Signal()
