from django.urls import path

from layouts import views

app_name = "layouts"
# Mounted at /t/<team>/
urlpatterns = [
    path("settings/fields/", views.field_list, name="field_list"),
    path("settings/fields/new/", views.field_create, name="field_create"),
    path("settings/fields/<int:field_id>/", views.field_update, name="field_update"),
    path("settings/fields/<int:field_id>/move/", views.field_move, name="field_move"),
    path(
        "settings/fields/<int:field_id>/delete/",
        views.field_delete,
        name="field_delete",
    ),
    path(
        "settings/fields/<int:field_id>/options/add/",
        views.option_create,
        name="option_create",
    ),
    path(
        "settings/options/<int:option_id>/rename/",
        views.option_update,
        name="option_update",
    ),
    path(
        "settings/options/<int:option_id>/move/",
        views.option_move,
        name="option_move",
    ),
    path(
        "settings/options/<int:option_id>/remove/",
        views.option_remove,
        name="option_remove",
    ),
]
