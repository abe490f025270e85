"""The load client, a process of its own: plain sockets that stay open, so that it costs little.

Reads a plan as JSON from stdin and writes what it measured as JSON to stdout.
"""

import json
import socket
import sys
import threading
import time
from typing import Any

# Stands for a number that no other request of the run has; of the same length, so that
# Content-Length stays right.
UNIQUE = "########"


class Connection:
    """One browser: requests one after another on a connection that stays open."""

    def __init__(self, host: str, port: int) -> None:
        self.address = (host, port)
        self.socket: socket.socket | None = None
        self.rest = b""

    def fetch(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Return status, head and body."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        head = self._until(b"\r\n\r\n")
        lowered = head.lower()
        if b"transfer-encoding: chunked" in lowered:
            body = self._chunks()
        else:
            length = lowered.partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            body = self._exactly(int(length or 0))
        if b"connection: close" in lowered:
            self.socket.close()
            self.socket = None
        return int(head[9:12]), head, body

    def _more(self) -> None:
        received = self.socket.recv(262144) if self.socket else b""
        if not received:
            raise ConnectionError("the server closed the connection")
        self.rest += received

    def _until(self, end: bytes) -> bytes:
        while end not in self.rest:
            self._more()
        found, _, self.rest = self.rest.partition(end)
        return found

    def _exactly(self, length: int) -> bytes:
        while len(self.rest) < length:
            self._more()
        found, self.rest = self.rest[:length], self.rest[length:]
        return found

    def _chunks(self) -> bytes:
        body = b""
        while length := int(self._until(b"\r\n"), 16):
            body += self._exactly(length)
            self._exactly(2)
        self._until(b"\r\n")
        return body


class Run:
    """Some clients that fetch the same requests in turn, for some seconds."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan = plan
        self.requests = [text.encode() for text in plan["requests"]]
        self.latencies: list[float] = []
        self.failures: list[str] = []
        self.number = plan.get("first_number", 0)
        self.lock = threading.Lock()

    def measure(self) -> dict[str, Any]:
        started = time.perf_counter()
        deadline = started + self.plan["seconds"]
        threads = [
            threading.Thread(target=self._client, args=[place, deadline])
            for place in range(self.plan["clients"])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {
            "latencies": self.latencies,
            "seconds": time.perf_counter() - started,
            "failures": self.failures[:5],
            "next_number": self.number,
        }

    def _client(self, place: int, deadline: float) -> None:
        connection = Connection(self.plan["host"], self.plan["port"])
        turn = place * 7
        latencies = []
        while time.perf_counter() < deadline and not self.failures:
            request = self._unique(self.requests[turn % len(self.requests)])
            turn += 1
            began = time.perf_counter()
            try:
                status, _head, body = connection.fetch(request)
            except OSError as error:
                self.failures.append(str(error))
                break
            latencies.append(time.perf_counter() - began)
            if status != self.plan["status"]:
                self.failures.append(f"{status}: {body[:300]!r}")
        with self.lock:
            self.latencies += latencies

    def _unique(self, request: bytes) -> bytes:
        if UNIQUE.encode() not in request:
            return request
        with self.lock:
            self.number += 1
            number = self.number
        return request.replace(UNIQUE.encode(), f"{number:0{len(UNIQUE)}d}".encode())


if __name__ == "__main__":
    json.dump(Run(json.load(sys.stdin)).measure(), sys.stdout)
