"""Domains of companies, from whatever people paste, and accounts that are created."""

import pytest

from accounts import services
from accounts.models import Account
from accounts.queries import normalize_domain
from tests.factories import AccountFactory


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("example.com", "example.com"),
        ("https://www.Example.com/about?x=1#y", "example.com"),
        ("http://user@shop.example.co.uk:8080/", "shop.example.co.uk"),
        ("ada@example.com", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("", ""),
        ("localhost", ""),
        ("not a domain", ""),
        ("1.2.3.4", ""),
        ("a" * 300 + ".com", ""),
    ],
)
def test_normalize_domain(typed, domain):
    assert normalize_domain(typed) == domain


def test_a_new_account_takes_the_domain_of_its_website(member):
    account = services.create_account(
        name="Acme", website="https://www.acme.example/x", by=member
    )

    assert (account.domain, account.owner) == ("acme.example", member)
    assert account.search_text == " acme acme.example"


def test_but_not_one_that_is_taken(member):
    AccountFactory(domain="acme.example")

    account = services.create_account(name="Acme 2", website="acme.example", by=member)

    assert account.domain == ""


def test_a_domain_that_is_asked_for_is_refused_when_taken(member):
    AccountFactory(name="Hooli", domain="acme.example")

    with pytest.raises(services.DomainTaken, match="Hooli"):
        services.create_account(name="Acme", domain="acme.example", by=member)
    assert Account.objects.count() == 1
