"""What is asked when a contact or an account gets another owner (product.md C12)."""

from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import followers
from contacts.models import Contact
from contacts.queries.estates import estate_of
from contacts.queries.owner_offers import OwnerOffer, count_followers
from contacts.services.owning import Also, give_contacts_of
from crm.teams import leaving
from crm.teams.models import Membership


def owner_question(
    contact: Contact, offer: OwnerOffer, owner: Membership | None
) -> dict[str, Any]:
    """Return the question of templates/contacts/contact_owner.html, and its answers."""
    names = {"contact": contact.name, "account": offer.account.name}
    answers = [
        (Also.NOBODY, _("Only %(contact)s") % names),
        (Also.ACCOUNT, _("%(contact)s and %(account)s") % names),
    ]
    if offer.contacts:
        text = ngettext(
            "%(contact)s, %(account)s and its %(count)s other contact",
            "%(contact)s, %(account)s and its %(count)s other contacts",
            offer.contacts,
        )
        answers.append((Also.CONTACTS, text % {**names, "count": said(offer.contacts)}))
    return {"question": _question(offer, owner), "answers": answers}


def _question(offer: OwnerOffer, owner: Membership | None) -> str:
    names = {
        "account": offer.account.name,
        "count": said(offer.contacts),
        "owner": owner,
    }
    if owner is None:
        return _("Also leave %(account)s without an owner?") % names
    if not offer.contacts:
        return _("Also make %(owner)s the owner of %(account)s?") % names
    text = ngettext(
        "Also make %(owner)s the owner of %(account)s and of its %(count)s other contact?",
        "Also make %(owner)s the owner of %(account)s and of its %(count)s other contacts?",
        offer.contacts,
    )
    return text % names


def say_contacts(number: int) -> str:
    """Return "its 12 contacts"."""
    return ngettext("its %s contact", "its %s contacts", number) % said(number)


def said(number: int) -> str:
    """Return a number as people read it."""
    return str(number_format(number, use_l10n=True, force_grouping=True))


def records_page(member: Membership) -> str:
    """Return where to hand over what a removed member owns, "" for nothing."""
    if not estate_of(member).total:
        return ""
    return reverse("contacts:member_records", args=[member.team.slug, member.pk])


def register() -> None:
    """Called once from AppConfig.ready()."""
    leaving.add(records_page)
    followers.add(
        followers.Follower(
            key="contacts",
            count=count_followers,
            say=say_contacts,
            give=give_contacts_of,
        )
    )
