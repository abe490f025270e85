"""People at the door: signing in, with and without a second factor."""

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from crm.teams.models import User
from tests.factories import PASSWORD, UserFactory

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def totp(secret: str = SECRET, *, steps: int = 0) -> str:
    """The code an authenticator app shows (RFC 6238), some steps of 30 s from now."""
    counter = int(time.time()) // 30 + steps
    digest = hmac.new(
        base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1
    ).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def sign_in(
    client: Client, email: str, password: str = PASSWORD, **extra: Any
) -> HttpResponse:
    return client.post(
        reverse("account_login"), {"login": email, "password": password}, **extra
    )


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("teams:user_settings")).status_code == 200


def confirm_password(client: Client, password: str = PASSWORD) -> None:
    client.post(reverse("account_reauthenticate"), {"password": password})


def link_in_mail(index: int = -1) -> str:
    """The path that the only link in a mail leads to."""
    (path,) = re.findall(r"http://127\.0\.0\.1:8000(/\S+)", mail.outbox[index].body)
    return path


@pytest.fixture
def user(db: None) -> User:
    """A person with a confirmed address and no team."""
    return make_user(email="ada@example.test", name="Ada Lovelace")


def make_user(**fields: Any) -> User:
    user = UserFactory(**fields)
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
    return user


@pytest.fixture
def guarded(user: User) -> User:
    """A person with an authenticator app and recovery codes."""
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)
    return user


@pytest.fixture
def confirms_addresses(settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"


@pytest.fixture
def trusts_addresses(settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "none"


@pytest.fixture
def other_client() -> Callable[[], Client]:
    return Client
