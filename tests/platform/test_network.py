import socket
import urllib.request

import pytest

from tests.plugins.network import OutsideCall


class TestNetwork:
    """Nothing in the suite depends on, or tells anything to, another machine."""

    def test_a_connection_to_elsewhere_is_refused(self) -> None:
        with socket.socket() as outside, pytest.raises(OutsideCall):
            outside.connect(("192.0.2.1", 80))

    def test_a_library_is_refused_too(self) -> None:
        with pytest.raises(OutsideCall):
            urllib.request.urlopen("http://192.0.2.1/", timeout=1)

    def test_this_machine_is_reached(self) -> None:
        with socket.socket() as server, socket.socket() as client:
            server.bind(("127.0.0.1", 0))
            server.listen()

            client.connect(server.getsockname())
