"""How a row's ledger says what it changes."""

SHOWN = 60  # characters of a value


def said(label: object, old: str, new: str) -> str:
    """Return a change in words: "Title: Clerk → Chair", or "Title: Chair" where there was nothing."""
    before = f"{shortened(old)} → " if old else ""
    return f"{label}: {before}{shortened(new)}"


def shortened(text: str, limit: int = SHOWN) -> str:
    """Return the text, with its end left out where it is longer than the limit."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
