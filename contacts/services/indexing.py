"""The columns of a contact that lists sort by and searches look into, kept by every service that writes.

`search_text` holds the folded name, title and account, every e-mail address and the digits of every
phone number, so that one trigram index answers every search.
"""

from collections.abc import Iterable

from contacts.models import Contact, ContactEmail, ContactPhone
from crm.text import digits, fold

INDEXED = [
    "name",
    "name_sort",
    "title_sort",
    "account_sort",
    "primary_email",
    "primary_phone",
    "search_text",
]


def full_name(first_name: str, last_name: str, *, fallback: str = "") -> str:
    """Return "first last"; the fallback (an address or an outside id) when both are empty."""
    return f"{first_name} {last_name}".strip() or fallback


def search_text(
    *, name: str, title: str, company: str, emails: Iterable[str], phones: Iterable[str]
) -> str:
    """Return the text a search looks into."""
    # The leading space lets " ab" find the start of the first word like that of any other.
    words = [
        fold(name),
        fold(title),
        fold(company),
        *(email.lower() for email in emails),
    ]
    return " " + " ".join([*filter(None, words), *(digits(phone) for phone in phones)])


def index_contact(contact: Contact) -> None:
    """Set the derived columns from the contact, its account, e-mails and phones. Does not save."""
    # In Python, so that rows that are loaded already are used.
    emails = [row.email for row in sorted(contact.emails.all(), key=_place)]
    phones = [row.number for row in sorted(contact.phones.all(), key=_place)]
    company = contact.account.name if contact.account else ""
    known_by = next(iter([*emails, *phones]), contact.external_id)
    contact.name = full_name(contact.first_name, contact.last_name, fallback=known_by)
    contact.name_sort = fold(contact.name)[:201]
    contact.title_sort = fold(contact.title)[:200]
    contact.account_sort = fold(company)[:200]
    contact.primary_email = emails[0] if emails else ""
    contact.primary_phone = phones[0] if phones else ""
    contact.search_text = search_text(
        name=contact.name,
        title=contact.title,
        company=company,
        emails=emails,
        phones=phones,
    )


def _place(row: ContactEmail | ContactPhone) -> tuple[int, int]:
    return row.position, row.pk
