"""What happens to accounts that apps above may care about. Sent inside the service's transaction."""

from django.dispatch import Signal

# account; changes: {field name: (old, new)} as display texts; by: Membership or None; at: datetime
account_changed = Signal()
