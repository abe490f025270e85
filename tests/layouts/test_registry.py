"""What apps put on a page (architecture: registries), and the fields a team adds."""

import pytest
from django.http import QueryDict
from django.utils import timezone

from crm.conflicts import Refused
from layouts import registry
from layouts.models import CustomField
from layouts.registry import Phrase, Visit, Widget
from layouts.services import fields as services


@pytest.fixture
def own_registry(monkeypatch):
    for name in ("_widgets", "_phrases"):
        monkeypatch.setattr(registry, name, {})


@pytest.fixture
def visit(member):
    return Visit(record=None, member=member, params=QueryDict(), at=timezone.now())


def widget(key, permission="contacts.view"):
    return Widget(
        key=key,
        title=key,
        permission=permission,
        template="x.html",
        load=lambda visit: {"key": key},
    )


def test_a_layout_survives_a_widget_that_does_not_exist(own_registry, visit):
    registry.add(widget("b"))
    registry.add(widget("a"))

    placed = registry.compose(("a", "gone", "b"), visit)

    assert [entry.context["key"] for entry in placed] == ["a", "b"]


def test_a_widget_the_role_may_not_see_is_not_loaded(own_registry, visit):
    registry.add(widget("secret", permission="team.own"))

    assert registry.compose(("secret",), visit) == []
    assert registry.find_widget("secret", visit.member) is None


def test_phrases_make_one_sentence(own_registry, visit):
    registry.add(Phrase(key="b", say=lambda visit: "owner Tomas", order=2))
    registry.add(Phrase(key="a", say=lambda visit: "in 1 sequence", order=1))
    registry.add(Phrase(key="c", say=lambda visit: "", order=3))

    assert registry.sentence(visit) == "In 1 sequence; owner Tomas"


class TestCustomFields:
    def test_stand_behind_each_other(self, member):
        for name in ("First", "Second"):
            services.create_custom_field(name=f" {name} ", by=member)

        fields = CustomField.objects.for_record("contact")
        assert [(field.name, field.position) for field in fields] == [
            ("First", 0),
            ("Second", 1),
        ]

    def test_have_one_name_each_in_whatever_case(self, member):
        services.create_custom_field(name="Hobby", by=member)

        with pytest.raises(services.FieldNameTaken):
            services.create_custom_field(name="HOBBY", by=member)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\x00b"])
    def test_need_a_name(self, member, name):
        with pytest.raises(Refused):
            services.create_custom_field(name=name, by=member)
