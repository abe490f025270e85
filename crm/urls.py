"""The site map."""

from django.urls import include, path

from crm import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("auth/", include("crm.teams.auth_urls")),
    path("", include("crm.teams.urls")),
    path("t/<slug:team_slug>/", include("crm.jobs.urls")),
    path("t/<slug:team_slug>/", include("layouts.urls")),
    path("t/<slug:team_slug>/", include("accounts.urls")),
    path("t/<slug:team_slug>/", include("contacts.urls")),
    path("t/<slug:team_slug>/", include("activities.urls")),
]
