"""Addresses of LinkedIn profiles: the same one is written in several ways."""

from collections.abc import Iterator


def linkedin_key(url: str) -> str:
    """Return what two addresses of one LinkedIn profile have in common: "in/ada-lovelace"."""
    path = url.split("?")[0].split("#")[0].rstrip("/").lower()
    return path.partition("linkedin.com/")[2] or path


def linkedin_spellings(key: str) -> Iterator[str]:
    """Yield the addresses under which a profile is usually kept."""
    for host in ("https://www.linkedin.com/", "https://linkedin.com/"):
        for end in ("", "/"):
            yield f"{host}{key}{end}"
