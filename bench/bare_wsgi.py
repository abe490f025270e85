"""The application of the floor: bench/bare.py without any middleware."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
