"""What a member leaves behind: apps above say where somebody decides about it (product.md C12)."""

from collections.abc import Callable

from crm.teams.models import Membership

# (removed member) -> the page that offers to hand their records over, "" where there are none
Page = Callable[[Membership], str]

_pages: list[Page] = []


def add(page: Page) -> None:
    """Register a page; called from AppConfig.ready()."""
    _pages.append(page)


def next_page(member: Membership) -> str:
    """Return where to go after a removal, "" for nowhere."""
    return next(filter(None, (page(member) for page in _pages)), "")
