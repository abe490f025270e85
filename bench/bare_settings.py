"""The settings of the floor: this product's database, and nothing of Django that is not asked for."""

from crm.settings import *

MIDDLEWARE: list[str] = []
INSTALLED_APPS = [name for name in INSTALLED_APPS if not name.startswith("allauth")]
ROOT_URLCONF = "bench.bare"
WSGI_APPLICATION = "bench.bare_wsgi.application"
