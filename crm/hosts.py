"""Names of hosts as people read them."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=4096)
def host_text(host: str) -> str:
    """Return "bücher.example" for "xn--bcher-kva.example"; any other host comes back unchanged.

    A name that mixes alphabets stays as it is: it may look like that of somebody else.
    """
    if "xn--" not in host:
        return host
    try:
        text = host.encode("ascii").decode("idna")
    except UnicodeError:
        return host
    return text if all(map(_is_plain, text.split("."))) else host


def _is_plain(label: str) -> bool:
    letters = (c for c in label if c.isalpha())
    return len({unicodedata.name(c, "?").split()[0] for c in letters} - _EAST_ASIAN) < 2


# Written together in Japanese and Korean.
_EAST_ASIAN = {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}
