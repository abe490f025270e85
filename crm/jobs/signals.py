"""What happens to jobs. Sent inside the service's transaction."""

from django.dispatch import Signal

# job. It waits for a worker.
job_queued = Signal()
