from django.urls import path

from crm.jobs import views

app_name = "jobs"
# Mounted at /t/<team>/
urlpatterns = [
    path("jobs/<int:job_id>/", views.job_detail, name="job_detail"),
    path("jobs/<int:job_id>/ledger/", views.job_ledger, name="job_ledger"),
]
