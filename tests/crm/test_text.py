"""Folding for search and sort (product.md P3: fragments match)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.text import digits, fold


class TestFold:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Łukasz  ÅBERG", "lukasz aberg"),
            ("Straße", "strasse"),
            (" Ada\tLovelace ", "ada lovelace"),
            ("Søren Ærø", "soren aero"),
            ("İstanbul", "istanbul"),
            ("李雷", "李雷"),
            ("", ""),
        ],
    )
    def test_is_what_people_type(self, text, folded):
        assert fold(text) == folded

    @given(st.text())
    def test_is_stable_and_has_single_spaces(self, text):
        folded = fold(text)

        assert "  " not in folded
        assert folded == folded.strip()
        assert fold(folded) == folded


class TestDigits:
    def test_keeps_ascii_digits_only(self):
        assert digits("+1 (202) 224-3441 ext. ٣") == "12022243441"
