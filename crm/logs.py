"""What of the log is worth reading."""

import logging


class NoTracebackOfRefusals(logging.Filter):
    """Leaves the traceback out of what is no error: somebody asked for what they may not do."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) == 403:
            record.exc_info, record.exc_text = None, None
        return True
