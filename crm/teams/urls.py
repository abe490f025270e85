from django.urls import path

from crm.teams import public_views
from crm.teams.views import members, people, teams

app_name = "teams"
urlpatterns = [
    path("", people.home, name="home"),
    path("teams/", people.team_list, name="team_list"),
    path("teams/new/", people.team_create, name="team_create"),
    path("you/", people.user_settings, name="user_settings"),
    path("you/preferences/", people.preferences, name="preferences"),
    # With a link instead of a membership
    path(
        "p/invitations/<str:token>/",
        public_views.invitation_accept,
        name="invitation_accept",
    ),
    # Inside a team
    path("t/<slug:team_slug>/", teams.team_home, name="team_home"),
    path(
        "t/<slug:team_slug>/settings/members/", members.member_list, name="member_list"
    ),
    path(
        "t/<slug:team_slug>/settings/members/leave/",
        members.member_leave,
        name="member_leave",
    ),
    path(
        "t/<slug:team_slug>/settings/members/<int:member_id>/role/",
        members.member_role,
        name="member_role",
    ),
    path(
        "t/<slug:team_slug>/settings/members/<int:member_id>/remove/",
        members.member_remove,
        name="member_remove",
    ),
    path(
        "t/<slug:team_slug>/settings/members/<int:member_id>/restore/",
        members.member_restore,
        name="member_restore",
    ),
    path(
        "t/<slug:team_slug>/settings/invitations/new/",
        members.invitation_create,
        name="invitation_create",
    ),
    path(
        "t/<slug:team_slug>/settings/invitations/<int:invitation_id>/revoke/",
        members.invitation_revoke,
        name="invitation_revoke",
    ),
    path("t/<slug:team_slug>/settings/roles/", teams.role_list, name="role_list"),
    path(
        "t/<slug:team_slug>/settings/team/", teams.team_settings, name="team_settings"
    ),
]
