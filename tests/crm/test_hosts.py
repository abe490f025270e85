"""Names of hosts as people read them."""

import pytest

from crm.hosts import host_text


@pytest.mark.parametrize(
    ("host", "text"),
    [
        ("example.com", "example.com"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("www.xn--e1afmkfd.xn--80akhbyknj4f", "www.пример.испытание"),
        ("xn--r8jz45g.jp", "例え.jp"),
        # Its second letter is Cyrillic: it only looks like "paypal".
        ("xn--pypal-4ve.example", "xn--pypal-4ve.example"),
        ("xn--\u00fc.example", "xn--\u00fc.example"),
        ("xn--999999999.example", "xn--999999999.example"),
    ],
)
def test_host_text(host, text):
    assert host_text(host) == text
