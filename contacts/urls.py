from django.urls import path

from contacts.views import (
    bulk,
    creating,
    deleted,
    deletion,
    duplicates,
    editing,
    estates,
    exports,
    flags,
    forgetting,
    history,
    imports,
    merging,
    people,
    profile,
    saved_views,
)

app_name = "contacts"
# Mounted at /t/<team>/
urlpatterns = [
    # People
    path("people/", people.people_list, name="people_list"),
    path("people/views/new/", saved_views.saved_view_create, name="saved_view_create"),
    path(
        "people/views/<int:view_id>/",
        saved_views.saved_view_update,
        name="saved_view_update",
    ),
    path(
        "people/views/<int:view_id>/save/",
        saved_views.saved_view_save,
        name="saved_view_save",
    ),
    path(
        "people/views/<int:view_id>/duplicate/",
        saved_views.saved_view_duplicate,
        name="saved_view_duplicate",
    ),
    path(
        "people/views/<int:view_id>/mark/",
        saved_views.saved_view_mark,
        name="saved_view_mark",
    ),
    path(
        "people/views/<int:view_id>/delete/",
        saved_views.saved_view_delete,
        name="saved_view_delete",
    ),
    path("people/save/", people.people_save, name="people_save"),
    path("people/number/", bulk.people_number, name="people_number"),
    path("people/select/<slug:key>/", bulk.people_select, name="people_select"),
    path(
        "selections/<int:selection_id>/<slug:key>/",
        bulk.bulk_action,
        name="bulk_action",
    ),
    path("contacts/new/", creating.contact_create, name="contact_create"),
    path("people/options/<slug:key>/", people.filter_options, name="filter_options"),
    path("accounts/names/", creating.account_names, name="account_names"),
    # A contact
    path("contacts/<int:contact_id>/", profile.contact_detail, name="contact_detail"),
    path(
        "contacts/<int:contact_id>/record/",
        profile.contact_record,
        name="contact_record",
    ),
    path(
        "contacts/<int:contact_id>/fields/",
        profile.contact_fields,
        name="contact_fields",
    ),
    path(
        "contacts/<int:contact_id>/identity/",
        profile.contact_identity,
        name="contact_identity",
    ),
    path(
        "contacts/<int:contact_id>/widgets/<slug:key>/",
        profile.contact_widget,
        name="contact_widget",
    ),
    path(
        "contacts/<int:contact_id>/fields/<slug:key>/",
        editing.contact_field,
        name="contact_field",
    ),
    path(
        "contacts/<int:contact_id>/fields/<slug:key>/edit/",
        editing.contact_field_edit,
        name="contact_field_edit",
    ),
    path(
        "contacts/<int:contact_id>/edit/", editing.contact_update, name="contact_update"
    ),
    path(
        "contacts/<int:contact_id>/owner/", editing.contact_owner, name="contact_owner"
    ),
    path(
        "contacts/<int:contact_id>/lists/add/",
        editing.contact_add_to_list,
        name="contact_add_to_list",
    ),
    path(
        "contacts/<int:contact_id>/delete/",
        deletion.contact_delete,
        name="contact_delete",
    ),
    path(
        "contacts/<int:contact_id>/restore/",
        deletion.contact_restore,
        name="contact_restore",
    ),
    path(
        "contacts/<int:contact_id>/forget/",
        forgetting.contact_forget,
        name="contact_forget",
    ),
    # Deleted contacts
    path("settings/deleted/", deleted.deleted_list, name="deleted_list"),
    path("settings/deleted/restore/", deleted.deleted_restore, name="deleted_restore"),
    # Duplicates
    path(
        "contacts/<int:contact_id>/merge/",
        merging.contact_merge,
        name="contact_merge",
    ),
    path(
        "contacts/<int:contact_id>/merge/<int:other_id>/",
        merging.merge_review,
        name="merge_review",
    ),
    path(
        "duplicates/selections/<int:selection_id>/",
        merging.merge_selection,
        name="merge_selection",
    ),
    path("duplicates/", duplicates.duplicate_list, name="duplicate_list"),
    path(
        "duplicates/merge/<slug:kind>/",
        duplicates.duplicate_merge_all,
        name="duplicate_merge_all",
    ),
    path("duplicates/search/", duplicates.duplicate_search, name="duplicate_search"),
    path(
        "contacts/<int:contact_id>/duplicates/<int:other_id>/dismiss/",
        duplicates.duplicate_dismiss,
        name="duplicate_dismiss",
    ),
    path(
        "contacts/<int:contact_id>/duplicates/<int:other_id>/reopen/",
        duplicates.duplicate_reopen,
        name="duplicate_reopen",
    ),
    # Forgotten people
    path("settings/forgotten/", forgetting.forgotten_list, name="forgotten_list"),
    path(
        "settings/forgotten/<int:erasure_id>/lift/",
        forgetting.erasure_lift,
        name="erasure_lift",
    ),
    path(
        "settings/forgotten/<int:erasure_id>/renew/",
        forgetting.erasure_renew,
        name="erasure_renew",
    ),
    path(
        "settings/members/<int:member_id>/records/",
        estates.member_records,
        name="member_records",
    ),
    # Flags
    path("contacts/<int:contact_id>/flag/", flags.contact_flag, name="contact_flag"),
    path(
        "contacts/<int:contact_id>/flag/<slug:key>/remove/",
        flags.contact_unflag,
        name="contact_unflag",
    ),
    path("settings/flags/", flags.flag_list, name="flag_list"),
    path("settings/flags/<int:flag_id>/accept/", flags.flag_accept, name="flag_accept"),
    path(
        "settings/flags/<int:flag_id>/dismiss/", flags.flag_dismiss, name="flag_dismiss"
    ),
    path("settings/flags/<int:flag_id>/reopen/", flags.flag_reopen, name="flag_reopen"),
    # History
    path(
        "contacts/<int:contact_id>/fields/<slug:key>/history/",
        history.contact_field_history,
        name="contact_field_history",
    ),
    path(
        "history/<int:change_set_id>/undo/",
        history.change_set_undo,
        name="change_set_undo",
    ),
    # Export
    path(
        "people/export/<int:selection_id>/", exports.export_create, name="export_create"
    ),
    path(
        "exports/<int:export_id>/download/",
        exports.export_download,
        name="export_download",
    ),
    path(
        "contacts/<int:contact_id>/export/",
        exports.contact_export,
        name="contact_export",
    ),
    path("settings/exports/", exports.export_list, name="export_list"),
    # Import
    path("imports/new/", imports.import_create, name="import_create"),
    path(
        "imports/<int:import_id>/mapping/",
        imports.import_mapping,
        name="import_mapping",
    ),
    path("imports/<int:import_id>/check/", imports.import_check, name="import_check"),
    path("imports/<int:import_id>/start/", imports.import_start, name="import_start"),
    path(
        "imports/<int:import_id>/discard/",
        imports.import_discard,
        name="import_discard",
    ),
]
