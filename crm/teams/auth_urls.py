"""/auth/: the pages of django-allauth that this product has. Passkeys, social login, login by code
and everything else of it have no address here."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import path, re_path
from django.views.generic import RedirectView

from crm.teams.entrance import forgetful, honest

urlpatterns = [
    path("login/", honest(account.login), name="account_login"),
    path("logout/", forgetful(account.logout), name="account_logout"),
    path("signup/", honest(account.signup), name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path(
        "reauthenticate/", honest(account.reauthenticate), name="account_reauthenticate"
    ),
    # E-mail address
    path("email/", honest(account.email), name="account_email"),
    path(
        "confirm-email/",
        account.email_verification_sent,
        name="account_email_verification_sent",
    ),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$",
        account.confirm_email,
        name="account_confirm_email",
    ),
    # Password
    path(
        "password/change/",
        honest(account.password_change),
        name="account_change_password",
    ),
    # Who has no password yet gets one in the same way as who forgot it.
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path(
        "password/reset/", honest(account.password_reset), name="account_reset_password"
    ),
    path(
        "password/reset/done/",
        account.password_reset_done,
        name="account_reset_password_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        honest(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # Two-factor authentication
    path("2fa/", mfa.index, name="mfa_index"),
    path("2fa/authenticate/", honest(mfa.authenticate), name="mfa_authenticate"),
    path("2fa/reauthenticate/", honest(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("2fa/totp/activate/", honest(totp.activate_totp), name="mfa_activate_totp"),
    path(
        "2fa/totp/deactivate/", honest(totp.deactivate_totp), name="mfa_deactivate_totp"
    ),
    path(
        "2fa/recovery-codes/",
        recovery_codes.view_recovery_codes,
        name="mfa_view_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/generate/",
        honest(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
]
