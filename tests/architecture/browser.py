"""A client for very many requests: each reports what it did to the database and is undone."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.files.base import File
from django.core.signals import got_request_exception
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.test.client import (
    BOUNDARY,
    MULTIPART_CONTENT,
    ClientHandler,
    encode_multipart,
)

from tests.architecture import digest
from tests.architecture.world import FRESH_IDS, set_sequences

SAFE = ("GET", "HEAD", "OPTIONS")
FORM = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    """What came back, and what the request left behind before it was undone."""

    status: int
    headers: dict[str, str]
    body: str
    cookies: str = ""
    mails: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    changed: frozenset[tuple[str, str]] = frozenset()
    crossings: dict[str, int] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)
    state: digest.State | None = None
    error: str = ""

    @property
    def is_page(self) -> bool:
        return self.status == 200 and "text/html" in self.headers.get(
            "Content-Type", ""
        )

    def everything(self) -> str:
        """All text that reaches somebody outside."""
        headers = "\n".join(f"{k}: {v}" for k, v in self.headers.items())
        return "\n".join(
            [headers, self.body, self.cookies, *self.mails, *self.messages]
        )


class Browser(RequestFactory):
    """Sends requests through the whole stack of middleware and undoes each of them."""

    def __init__(self, before: digest.State, *, csrf: bool = False) -> None:
        super().__init__()
        self.handler = ClientHandler(enforce_csrf_checks=csrf)
        self.handler.load_middleware()
        self.before = before
        self.count = 0
        self.error = ""
        # Held weakly by Django: it lives as long as this browser.
        got_request_exception.connect(self._note_exception)

    def request(self, **environ: Any) -> Any:
        return self.handler(self._base_environ(**environ))

    def send(  # noqa: PLR0913  # the parts of a request
        self,
        method: str,
        path: str,
        *,
        session: str = "",
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        keep_cache: bool = False,
        keep_state: bool = False,
        names_id: tuple[int, int] | None = None,
    ) -> Answer:
        """Send a request, note the answer and every row it changed, and undo it.

        `names_id=(team, id)` also reports columns of the team's rows that hold the id.
        """
        self.count += 1
        self.error = ""
        mail.outbox.clear()
        if not keep_cache:
            cache.clear()
        self.cookies.clear()
        if session:
            self.cookies[settings.SESSION_COOKIE_NAME] = session
        UNDO.hold()
        try:
            answer = self._read(method, path, data, headers)
            self._note_changes(answer, keep_state=keep_state, names_id=names_id)
        finally:
            UNDO.back(whatever=bool(self.error) or method not in SAFE)
        answer.error = self.error
        return answer

    def _note_exception(self, **kwargs: Any) -> None:
        self.error = repr(sys.exc_info()[1])

    def _read(
        self,
        method: str,
        path: str,
        data: dict[str, Any] | None,
        headers: dict[str, str] | None,
    ) -> Answer:
        body, content_type = ("", FORM) if method in SAFE else _encode(data or {})
        response = self.generic(method, path, body, content_type, headers=headers)
        self._run_after_commit()
        request = response.wsgi_request
        try:
            content = (
                b"".join(response.streaming_content)
                if response.streaming
                else response.content
            )
        except Exception as exc:  # a stream that breaks is a finding
            self.error, content = repr(exc), b""
        stored = getattr(request, "_messages", None)
        return Answer(
            status=response.status_code,
            headers=dict(response.items()),
            body=content.decode(errors="replace"),
            cookies=response.cookies.output(header=""),
            mails=[_mail_text(message) for message in mail.outbox],
            messages=[str(m) for m in stored._queued_messages]
            if stored is not None
            else [],
        )

    def _note_changes(
        self,
        answer: Answer,
        *,
        keep_state: bool,
        names_id: tuple[int, int] | None,
    ) -> None:
        try:
            if UNDO.wrote():
                answer.changed = digest.changed(self.before, digest.state())
                answer.crossings = digest.crossings()
                if names_id:
                    team_id, row_id = names_id
                    answer.loose = digest.loose_references(
                        team_id=team_id, row_id=row_id
                    )
            if keep_state:
                answer.state = digest.state(without_random=True)
        except DatabaseError as exc:
            self.error = self.error or repr(exc)

    def _run_after_commit(self) -> None:
        """Run what waits for the commit: tasks run at once, so that their writes are seen too."""
        while connection.run_on_commit and not connection.needs_rollback:
            _sids, callback, _robust = connection.run_on_commit.pop(0)
            try:
                callback()
            except Exception as exc:  # a task that breaks is a finding
                self.error = repr(exc)


class Undo:
    """One savepoint that every request is rolled back to, if it wrote anything."""

    def __init__(self) -> None:
        self._block: Any = None
        self._savepoint = ""
        self._written = -1
        self._is_dirty = True

    def hold(self) -> None:
        """Make the savepoint, unless it stands already."""
        block = connection.atomic_blocks[-1]
        if self._block is not block:
            self._block, self._savepoint = block, transaction.savepoint()
            self._written, self._is_dirty = digest.rows_written(), True
        if self._is_dirty:
            # Ids of new rows are the same for every request, so that answers can be compared.
            set_sequences(FRESH_IDS)
            self._is_dirty = False

    def wrote(self) -> bool:
        """Return whether any row was written since it was last asked."""
        before, self._written = self._written, digest.rows_written()
        self._is_dirty = self._is_dirty or self._written != before
        return self._written != before

    def back(self, *, whatever: bool) -> None:
        """Roll back, if anything was written or `whatever` happened."""
        if whatever or self._is_dirty or connection.needs_rollback:
            connection.needs_rollback = False
            transaction.savepoint_rollback(self._savepoint)
        connection.run_on_commit.clear()

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Undo all that is done inside at the end."""
        outer = (self._block, self._savepoint)
        savepoint = transaction.savepoint()
        self._block = None
        try:
            yield
        finally:
            connection.needs_rollback = False
            transaction.savepoint_rollback(savepoint)
            transaction.savepoint_commit(savepoint)  # only forgets it
            connection.run_on_commit.clear()
            self._block, self._savepoint = outer
            self._written, self._is_dirty = digest.rows_written(), True


UNDO = Undo()
undone = UNDO.nested


def _encode(data: dict[str, Any]) -> tuple[Any, str]:
    if any(isinstance(value, File | BytesIO) for value in data.values()):
        return encode_multipart(BOUNDARY, data), MULTIPART_CONTENT
    return urlencode(data, doseq=True), FORM


def _mail_text(message: Any) -> str:
    parts = [message.subject, message.body, *message.recipients()]
    parts += [str(content) for content, _kind in getattr(message, "alternatives", [])]
    return "\n".join([*parts, json.dumps(message.extra_headers)])
