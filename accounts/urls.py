from django.urls import path

from accounts import views

app_name = "accounts"
# Mounted at /t/<team>/
urlpatterns = [
    path("accounts/choose/", views.account_picker, name="account_picker"),
    path("accounts/<int:account_id>/", views.account_detail, name="account_detail"),
    path("accounts/<int:account_id>/owner/", views.account_owner, name="account_owner"),
    path(
        "accounts/<int:account_id>/fields/<slug:key>/",
        views.account_field,
        name="account_field",
    ),
    path(
        "accounts/<int:account_id>/fields/<slug:key>/edit/",
        views.account_field_edit,
        name="account_field_edit",
    ),
]
