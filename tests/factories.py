"""Rows for tests. A team-owned factory has no team of its own: its rows land in the team in scope."""

import factory
from django.utils import timezone

from accounts.models import Account
from contacts.models import Contact, ContactEmail, ContactPhone, ContactStage, Person
from contacts.services import indexing
from crm.teams import services as team_services
from crm.teams.models import Membership, Team, User
from crm.teams.roles import Role
from crm.text import fold

PASSWORD = "correct-horse-battery"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n}@example.test")
    name = factory.Sequence(lambda n: f"User {n}")
    password = factory.django.Password(PASSWORD)


def make_team(name: str = "Acme", **kwargs: object) -> Team:
    """A team with its owner and default stages."""
    return team_services.create_team(name=name, owner=UserFactory(), **kwargs).team


def make_member(role: str = Role.REP, **user: object) -> Membership:
    """A member of the team in scope."""
    return Membership.objects.create(user=UserFactory(**user), role=role)


class AccountFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Account

    name = factory.Sequence(lambda n: f"Company {n}")
    domain = factory.Sequence(lambda n: f"company{n}.example")
    name_sort = factory.LazyAttribute(lambda o: fold(o.name))
    search_text = factory.LazyAttribute(lambda o: f" {fold(o.name)} {o.domain}")


class PersonFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Person

    key = factory.Sequence(lambda n: f"p{n}")
    first_name = factory.Sequence(lambda n: f"Net{n}")
    last_name = "Newman"
    name = factory.LazyAttribute(lambda o: f"{o.first_name} {o.last_name}".strip())
    name_sort = factory.LazyAttribute(lambda o: fold(o.name))
    title_sort = factory.LazyAttribute(lambda o: fold(o.title))
    search_text = factory.LazyAttribute(
        lambda o: indexing.search_text(
            name=o.name, title=o.title, company="", emails=[o.email], phones=[o.phone]
        )
    )
    title = ""
    email = ""
    phone = ""


def make_contact(
    first_name: str = "Ada",
    last_name: str = "Lovelace",
    *,
    emails: tuple[str, ...] = (),
    phones: tuple[str, ...] = (),
    **fields: object,
) -> Contact:
    """A saved contact of the team in scope with its addresses and derived columns."""
    fields.setdefault("created_at", timezone.now())
    if "stage" not in fields:
        fields["stage"] = ContactStage.objects.get(is_first=True)
    contact = Contact(
        first_name=first_name,
        last_name=last_name,
        name=f"{first_name} {last_name}",
        **fields,
    )
    contact.save()
    for position, email in enumerate(emails):
        ContactEmail.objects.create(
            contact=contact, email=email, email_norm=email.lower(), position=position
        )
    for position, number in enumerate(phones):
        ContactPhone.objects.create(contact=contact, number=number, position=position)
    indexing.index_contact(contact)
    contact.save()
    return contact
