"""What a row's ledger says about a value that cannot be kept."""

from django.utils.translation import gettext as _

from crm.conflicts import Refused
from layouts.models import CustomField

# What a value is not, says enough.
_SIMPLE_KINDS = (CustomField.Kind.NUMBER, CustomField.Kind.DATE, CustomField.Kind.URL)


def not_of_kind(heading: str, text: str, kind: str, refused: Refused) -> str:
    """Return that a value is none of a custom field's kind."""
    if kind not in _SIMPLE_KINDS:
        return left_out(heading, text, str(refused).rstrip("."))
    return _("%(heading)s: “%(value)s” is not a %(kind)s") % {
        "heading": heading,
        "value": text[:60],
        "kind": str(CustomField.Kind(kind).label).lower(),
    }


def left_out(heading: str, text: str, reason: str) -> str:
    """Return what is wrong with a value; the value itself is always quoted."""
    if reason.startswith("“"):
        return f"{heading}: {reason}"
    return _("%(heading)s: “%(value)s” is left out. %(reason)s") % {
        "heading": heading,
        "value": text[:60],
        "reason": reason,
    }


def too_long(heading: str, text: str, limit: int) -> str:
    """Return that a value does not fit."""
    return _("“%(heading)s” has %(found)s characters; at most %(limit)s fit") % {
        "heading": heading,
        "found": f"{len(text):,}",
        "limit": f"{limit:,}",
    }
