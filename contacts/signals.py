"""What happens to contacts that apps above may care about. Sent inside the service's transaction."""

from django.dispatch import Signal

# contact_ids: list of int; by: Membership or None; at: datetime. Sent for one contact and for thousands alike,
# so receivers work set-based: never one query per id.
contacts_created = Signal()
contacts_changed = Signal()  # what changed is in crm.history
contacts_restored = Signal()
contacts_deleted = Signal()

# contact_ids: list of int; at: datetime. Rows of theirs were set back to what they were, also such of apps above.
contacts_set_back = Signal()


# keep: Contact; absorbed: list of Contact, as they were before; by: Membership; at: datetime. Everything that
# contacts.belongings names has moved; this is for telling of it.
contacts_merged = Signal()

# Somebody was forgotten, or that was lifted: the ledger outside of the database is to be told.
people_forgotten = Signal()
