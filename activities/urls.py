from django.urls import path

from activities import views

app_name = "activities"
# Mounted at /t/<team>/
urlpatterns = [
    path(
        "contacts/<int:contact_id>/activities/",
        views.contact_timeline,
        name="contact_timeline",
    ),
    path(
        "accounts/<int:account_id>/activities/",
        views.account_timeline,
        name="account_timeline",
    ),
    path(
        "contacts/<int:contact_id>/activities/new/",
        views.activity_create,
        name="activity_create",
    ),
    path(
        "activities/<int:activity_id>/edit/",
        views.activity_update,
        name="activity_update",
    ),
    path(
        "activities/<int:activity_id>/delete/",
        views.activity_delete,
        name="activity_delete",
    ),
]
