"""What happens to teams that apps above may care about. Sent inside the service's transaction."""

from django.dispatch import Signal

team_created = Signal()  # team; sent with the new team in scope
