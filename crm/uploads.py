"""What arrives of an uploaded file is bounded, so that nobody fills the disk."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest


class SizeLimit(FileUploadHandler):
    """Drops a file that is larger than UPLOAD_MAX_BYTES while it arrives; stands before all others.

    The rest of it is read and thrown away, so that the browser gets an answer it can show.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        if start + len(raw_data) > settings.UPLOAD_MAX_BYTES:
            self.request.is_upload_too_large = True  # type: ignore[union-attr]
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """Leave the file to the next handler."""
        return None


def is_too_large(request: HttpRequest) -> bool:
    """Return whether a file of the request was dropped."""
    return getattr(request, "is_upload_too_large", False)
