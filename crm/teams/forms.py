"""Forms of sign-in, of a person's settings, and of teams."""

import unicodedata
from typing import Any

from allauth.account import forms as account_forms
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import (
    send_verification_email_to_address,
)
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from crm.teams.adapter import RATE_LIMITED, invitation_of, within_limit
from crm.teams.models import Invitation, Membership, Team, User
from crm.teams.places import Choices, country_choices, time_zone_choices
from crm.teams.roles import Role, grantable

PASSWORD_HELP = _("At least 10 characters.")
# Longer than any accepted code stays valid.
USED_CODE_SECONDS = 180


# Invisible, but part of how words in some scripts and some emoji are written.
_JOINERS = "\u200c\u200d"


class NameField(forms.CharField):
    """A name in one line: no control characters or web address, which mails would carry on."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return " ".join("".join(map(_printable, text)).split())

    def validate(self, value: str) -> None:
        super().validate(value)
        if "://" in value:
            raise forms.ValidationError(_("A name holds no web address."))


def _printable(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind == "Cf" and letter not in _JOINERS:  # turns the direction of what follows
        return ""
    return " " if kind in ("Cc", "Zl", "Zp") else letter


def _plain_fields(form: Any, **labels: Any) -> None:
    """Label the fields in our words; a label needs no placeholder that repeats it."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        field.help_text = ""
        field.label = labels.get(name, field.label)


class LoginForm(account_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(self, login=_("E-mail"), password=_("Password"))
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class SignupForm(account_forms.SignupForm):
    name = NameField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ["name", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(self, email=_("E-mail"), password1=_("Password"))
        self.fields["password1"].help_text = PASSWORD_HELP

    def clean(self) -> dict[str, Any]:
        if not within_limit(context.request, "signup_form"):
            raise get_adapter().validation_error(RATE_LIMITED)
        return super().clean()

    def clean_email(self) -> str:
        email = super().clean_email()
        if not settings.SIGN_UP_IS_OPEN:
            invitation = invitation_of(context.request)
            if invitation is None or invitation.email != email.lower():
                raise forms.ValidationError(
                    _("Use the address that the invitation was sent to.")
                )
        return email

    def try_save(self, request: HttpRequest) -> tuple[User | None, Any]:
        """Take as long for an address that has an account as for a new one (security.md E1)."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class ResetPasswordForm(account_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(self, email=_("E-mail"))

    def clean_email(self) -> str:
        email = super().clean_email()
        if not within_limit(context.request, "reset_form", email.lower()):
            raise get_adapter().validation_error(RATE_LIMITED)
        return email


class ResetPasswordKeyForm(account_forms.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(
            self, password1=_("New password"), password2=_("New password again")
        )
        self.fields["password1"].help_text = PASSWORD_HELP


class ChangePasswordForm(account_forms.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(
            self,
            oldpassword=_("Current password"),
            password1=_("New password"),
            password2=_("New password again"),
        )
        self.fields["password1"].help_text = PASSWORD_HELP


class AddEmailForm(account_forms.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(self, email=_("New e-mail address"))

    def save(self, request: HttpRequest) -> EmailAddress:
        """Replace an earlier wish to change; keep the address in use, even an unconfirmed one."""
        with transaction.atomic():
            wishes = EmailAddress.objects.filter(user=self.user, verified=False)
            wishes.exclude(email=self.user.email).delete()
            address = EmailAddress.objects.create(
                user=self.user, email=self.cleaned_data["email"]
            )
        send_verification_email_to_address(request, address)
        return address


class ReauthenticateForm(account_forms.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(self, password=_("Password"))


class CodeOnce:
    """A code form that takes no code twice, for as long as the code would be right."""

    fields: dict[str, forms.Field]
    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_fields(self, code=_("Code"))
        self.fields["code"].widget.attrs["autofocus"] = True

    def clean_code(self) -> str:
        code = super().clean_code()
        key = f"two-factor-used:{self.user.pk}:{code}"
        if not cache.add(key, "used", timeout=USED_CODE_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(CodeOnce, mfa_forms.AuthenticateForm):
    pass


class ReauthenticateByCodeForm(CodeOnce, mfa_forms.ReauthenticateForm):
    pass


class ActivateTOTPForm(CodeOnce, totp_forms.ActivateTOTPForm):
    pass


def own_time_zone_choices() -> Choices:
    return [("", str(_("The team's time zone"))), *time_zone_choices()]


class UserForm(forms.ModelForm):
    """What a person may change about themselves without a password."""

    name = NameField(
        label=_("Name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=own_time_zone_choices
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "theme", "density"]


class PreferencesForm(forms.Form):
    """The theme or the density, each alone."""

    theme = forms.ChoiceField(choices=User.Theme, required=False)
    density = forms.ChoiceField(choices=User.Density, required=False)


class TeamForm(forms.ModelForm):
    name = NameField(label=_("Team name"), max_length=80)
    country = forms.ChoiceField(
        label=_("Country"),
        help_text=_("Phone numbers without a country code are of this country."),
        choices=country_choices,
    )
    # The browser knows its zone: page.js chooses it where the form starts with UTC.
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=time_zone_choices,
        widget=forms.Select(attrs={"data-guess-zone": True}),
    )

    class Meta:
        model = Team
        fields = ["name", "country", "time_zone"]


class MemberRoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role)


class InvitationForm(forms.ModelForm):
    """Offers only roles that the inviter may give."""

    class Meta:
        model = Invitation
        fields = ["email", "role"]

    def __init__(self, *args: Any, by: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"),
            initial=Role.REP,
            choices=[(role.value, role.label) for role in grantable(by.role)],
        )

    def clean_email(self) -> str:
        return self.cleaned_data["email"].strip().lower()
