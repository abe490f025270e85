"""Searching people (product.md P3: fragments match, typos tolerated)."""

import pytest

from contacts.models.search import SearchText, telling_part
from contacts.queries.narrowed import walks
from crm.tenancy.scope import team_scope
from tests.contacts.people import names, people, text
from tests.factories import AccountFactory, PersonFactory, make_contact


@pytest.fixture
def ada(team):
    return make_contact(
        "Ada",
        "Lovelace",
        title="Chief Analyst",
        account=AccountFactory(name="Société Générale"),
        emails=("ada.l@analytical-engine.example",),
        phones=("+12022243441", "+442079460958"),
    )


@pytest.fixture
def others(team):
    make_contact("Łukasz", "Åberg", emails=("100%_sure@x.example",))
    make_contact("John", "Smith", title="Head of Sales")


class TestFragments:
    @pytest.mark.parametrize(
        "typed",
        [
            "ada",
            "ADA LOVELACE",
            "lace ada",  # fragments, all of them, in any order
            "analyst",
            "societe",  # the account, without accents
            "générale",
            "analytical-engine",
            "ada.l@analytical-engine.example",
            "@analytical",
            "(202) 224-3441",
            "202.224.3441",
            "+1 202 224 3441",
            "224-34",
            "020 7946 0958",
            "+44 (0)20 7946 0958",
            "ad",  # short ones match starts of words
            "lo chief",
        ],
    )
    def test_finds_ada(self, as_member, team, ada, others, typed):
        response = as_member.get(f"/t/{team.slug}/people/", {"q": typed})

        assert names(response) == ["Ada Lovelace"]
        assert not response.context["page"].is_similar

    @pytest.mark.parametrize(
        ("typed", "found"),
        [
            ("lukasz", True),
            ("aberg", True),
            ("ÅBERG łuk", True),
            ("100%_", True),
            ("%", False),
            ("_", False),
            ("\\", False),
        ],
    )
    def test_signs_are_letters_like_any_other(
        self, as_member, team, others, typed, found
    ):
        response = as_member.get(f"/t/{team.slug}/people/", {"q": typed})

        assert names(response) == (["Łukasz Åberg"] if found else [])

    def test_every_fragment_must_match(self, as_member, team, ada, others):
        assert names(people(as_member, team, "q=ada+smith")) == []

    def test_a_short_fragment_inside_a_word_does_not_match(self, as_member, team, ada):
        assert names(people(as_member, team, "q=ce")) == []

    def test_null_characters_are_dropped(self, as_member, team, ada):
        assert names(people(as_member, team, "q=a%00da")) == ["Ada Lovelace"]

    def test_a_complete_address_finds_its_owner_first(self, as_member, team, ada):
        make_contact("Not", "Ada", emails=("xada.l@analytical-engine.example",))

        assert names(people(as_member, team, "q=ada.l@analytical-engine.example")) == [
            "Ada Lovelace"
        ]
        assert names(people(as_member, team, "q=xada.l@analytical-engine.example")) == [
            "Not Ada"
        ]

    def test_the_directory_is_searched_alike(self, as_member, team):
        PersonFactory(first_name="Grace", last_name="Hopper", title="Admiral")
        PersonFactory(first_name="Jean", last_name="Bartik")

        assert names(people(as_member, team, "scope=net-new&q=hop+admi")) == [
            "Grace Hopper"
        ]
        assert names(people(as_member, team, "scope=total&q=jean")) == ["Jean Bartik"]

    def test_another_teams_contacts_are_never_found(self, as_member, team, other_team):
        with team_scope(other_team.pk):
            make_contact("Ada", emails=("ada@theirs.example",))

        assert names(people(as_member, team, "q=ada")) == []
        assert names(people(as_member, team, "q=ada@theirs.example")) == []
        assert names(people(as_member, team, "q=adda")) == []


class TestTypos:
    @pytest.mark.parametrize(
        "typed",
        ["lovlace", "lovelase", "lovelcae", "adda", "analist", "lovelace+cheif"],
    )
    def test_similar_people_are_shown_and_said_to_be_similar(
        self, as_member, team, ada, typed
    ):
        response = people(as_member, team, f"q={typed}")

        assert names(response) == ["Ada Lovelace"]
        assert "No exact match; showing similar" in text(response)

    def test_neighbours_that_changed_places_are_forgiven_in_short_names(
        self, as_member, team, others
    ):
        assert names(people(as_member, team, "q=jhon")) == ["John Smith"]

    def test_the_most_similar_comes_first(self, as_member, team):
        make_contact("Lovelock", "X")
        make_contact("Loveless", "X")
        make_contact("Lovelace", "Y")

        assert names(people(as_member, team, "q=lovelaec"))[0] == "Lovelace Y"

    def test_an_exact_fragment_shows_no_similar_ones(self, as_member, team, ada):
        make_contact("Adda", "Other")

        assert names(people(as_member, team, "q=adda")) == ["Adda Other"]

    def test_filters_hold_for_similar_people_too(self, as_member, team, ada):
        make_contact("Ida", "Lovelace", city="Oslo")

        assert names(people(as_member, team, "q=lovlace&city=oslo")) == ["Ida Lovelace"]

    def test_nonsense_finds_nobody(self, as_member, team, ada):
        assert names(people(as_member, team, "q=qqxxyyzz")) == []


@pytest.mark.parametrize("typed", ["%%%", "@@@ ---", "&", "ˇ'"])
@pytest.mark.parametrize("scope", ["total", "net-new", "saved"])
def test_punctuation_alone_finds_nobody(as_member, team, ada, typed, scope):
    """No index knows it, so it would be looked for in every row."""
    PersonFactory(first_name="Grace", last_name="Hopper")

    response = as_member.get(f"/t/{team.slug}/people/", {"q": typed, "scope": scope})

    assert names(response) == []


class TestSearchText:
    @pytest.mark.parametrize(
        ("typed", "tokens"),
        [
            ("  Ada   LOVELACE ", ("ada", "lovelace")),
            ("(202) 224-3441 ada", ("2022243441", "ada")),
            ("0049 30 123456", ("4930123456",)),
            ("+44 (0)20 7946", ("44207946",)),
            ("3m post-it", ("3m", "post-it")),
            ("42", ("42",)),
            ("0", ("0",)),
            ("", ()),
            (" ".join("abcdefghijkl"), tuple("abcdefgh")),
            ("smith & sons - % @@@", ("smith", "sons")),
            ("%%% --- @", ()),
        ],
    )
    def test_parses(self, typed, tokens):
        assert SearchText.parse(typed).tokens == tokens

    @pytest.mark.parametrize(
        ("needle", "part"),
        [
            ("short", "short"),
            ("2022243441", "2243441"),
            ("betty.inen1655@x.example", "inen1655@"[1:8]),
        ],
    )
    def test_sends_only_a_telling_part_to_the_index(self, needle, part):
        assert telling_part(needle) == part
        assert part in needle


class TestPlan:
    """design/performance.md: common fragments walk the sort index, rare ones are gathered."""

    @pytest.mark.parametrize(
        ("expected", "total", "walk"),
        [
            (30, 1_000_000, False),
            (3_000, 300_000, False),
            (90_000, 300_000, True),
            (300_000, 1_000_000, True),
        ],
    )
    def test_walks_only_what_is_common(self, expected, total, walk):
        assert walks(expected=expected, total=total, size=50) is walk

    def test_a_walk_that_finds_too_little_is_given_up(
        self, as_member, team, monkeypatch
    ):
        """People who match may all stand at the end of the list."""
        for n in range(30):
            make_contact(f"Aa{n:02}", "Nobody")
        for n in range(3):
            make_contact("Zoe", f"Z{n}")
        monkeypatch.setattr("contacts.queries.narrowed.walks", lambda **_numbers: True)
        monkeypatch.setattr(
            "contacts.queries.narrowed._walk_length", lambda *_numbers: 2
        )

        assert names(people(as_member, team, "q=zoe")) == ["Zoe Z0", "Zoe Z1", "Zoe Z2"]
        assert names(people(as_member, team, "q=zoe&sort=-name")) == [
            "Zoe Z2",
            "Zoe Z1",
            "Zoe Z0",
        ]
