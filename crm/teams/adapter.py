"""What django-allauth asks this product: limits, links, mails, words, secrets."""

import base64
import hashlib
import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.teams import queries
from crm.teams.models import Invitation, User

logger = logging.getLogger(__name__)

THROTTLED = "too_many_login_attempts"
RATE_LIMITED = "rate_limited"


def within_limit(request: HttpRequest, action: str, key: str | None = None) -> bool:
    """Count one use of the action; return whether ACCOUNT_RATE_LIMITS still allows it."""
    usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
    return usage is not None


def invitation_of(request: HttpRequest) -> Invitation | None:
    """Return the open invitation that a page of sign-up leads back to."""
    back = request.POST.get("next") or request.GET.get("next") or ""
    return queries.open_invitation_at(back, at=timezone.now())


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by e-mail address and password."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This sign-in is switched off."),
        "duplicate_email": _("This is your address already."),
        "email_password_mismatch": _("The e-mail address or the password is wrong."),
        "email_taken": _("Somebody signs in with this e-mail address already."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is wrong or was used before."),
        "incorrect_password": _("This is not your password."),
        THROTTLED: _("Too many failed attempts. Try again in an hour."),
        RATE_LIMITED: _("Too many attempts. Try again in a few minutes."),
    }

    def is_ajax(self, request: HttpRequest) -> bool:
        """Answer with pages only: nobody asks for allauth's JSON."""
        return False

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Let in everybody, or (SIGN_UP) only who comes from an open invitation."""
        return settings.SIGN_UP_IS_OPEN or invitation_of(request) is not None

    def is_safe_url(self, url: str | None) -> bool:
        """Accept a path of this site, no host at all (security.md B13)."""
        return bool(url) and url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def save_user(
        self,
        request: HttpRequest,
        user: User,
        form: Any,
        commit: bool = True,  # noqa: FBT001, FBT002  # allauth's signature
    ) -> User:
        user.name = form.cleaned_data["name"]
        return super().save_user(request, user, form, commit)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Refuse an address that is somebody else's, though it may be unverified there."""
        others = User.objects.exclude(pk=email_address.user_id)
        if others.filter(email__iexact=email_address.email).exists():
            self.add_message(
                request,
                messages.ERROR,
                "account/messages/email_confirmation_failed.txt",
                {"email": email_address.email},
            )
            return False
        return super().confirm_email(request, email_address)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt for the network address, then for the e-mail address.

        The two counts are apart because a right code of two-factor authentication clears
        everything that allauth counts under "login_failed".
        """
        self._ip_usage = ratelimit.consume(
            request, app="allauth.account", action="login_failed_ip"
        )
        if not self._ip_usage:
            raise self.validation_error(THROTTLED)
        super().pre_authenticate(request, **credentials)

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        self._ip_usage.rollback()

    def _get_login_attempts_cache_key(
        self, request: HttpRequest, **credentials: Any
    ) -> str:
        """Count per e-mail address; the Host header, which the client chooses, is no part of it."""
        return str(credentials.get("email", "")).strip().lower()

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Send a plain-text mail whose links lead to SITE_URL, whatever host was asked (B14)."""
        links = {
            name: _on_site(value)
            for name, value in context.items()
            if name.endswith("_url")
        }
        message = self.render_mail(
            template_prefix,
            email,
            {**context, **links, "email": email, "site_url": settings.SITE_URL},
        )
        try:
            message.send()
        except (OSError, SMTPException) as error:
            logger.warning("Mail %s was not sent: %s", template_prefix, error)
            messages.error(
                self.request, gettext("The e-mail could not be sent. Try again later.")
            )


def _on_site(url: str) -> str:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{settings.SITE_URL}{parts.path}{query}"


class MFAAdapter(DefaultMFAAdapter):
    """Two-factor authentication; its secrets are encrypted in the database."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is wrong or was used before."),
        "unverified_email": _("Confirm your e-mail address first."),
    }

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; without its key a random one, which no code fits."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.exception("A two-factor secret was written with an unknown key")
            return generate_totp_secret()


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = (hashlib.sha256(b"two-factor:" + key.encode()).digest() for key in keys)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])
