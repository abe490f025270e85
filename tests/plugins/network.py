"""No test reaches beyond this machine: a connection to anywhere else is an error at once."""

import ipaddress
import os
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest


class OutsideCall(RuntimeError):
    """A test tried to reach another machine."""


def given_servers() -> set[str]:
    """Return the addresses of the Redis that the suite was given, wherever it is."""
    host = urlsplit(os.environ.get("REDIS_URL", "")).hostname
    return (
        {str(info[4][0]) for info in socket.getaddrinfo(host, None)} if host else set()
    )


def is_local(family: int, address: Any) -> bool:
    """Say whether the address is on this machine; a name counts as elsewhere, but for localhost."""
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    host = str(address[0]).partition("%")[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture(autouse=True, scope="session")
def no_outside_calls() -> Any:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
    given = given_servers()

    def check(family: int, address: Any) -> None:
        if not is_local(family, address) and address[0] not in given:
            raise OutsideCall(f"A test tried to reach {address}.")

    def guarded(self: socket.socket, address: Any) -> None:
        check(self.family, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        check(self.family, address)
        return connect_ex(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        patch.setattr(socket.socket, "connect_ex", guarded_ex)
        yield
