"""What is said after editing in place (product.md C5)."""

import json

import pytest

from contacts.models import ContactStage
from layouts.models import CustomField
from tests.contacts.profile import Visitor
from tests.factories import make_contact


@pytest.fixture
def visitor(as_member, member):
    return Visitor(as_member, make_contact(title="Countess", owner=member))


class TestSaying:
    """The toast names what was saved."""

    def toast(self, response):
        return json.loads(response["HX-Trigger"])["toast"]

    @pytest.mark.parametrize(
        ("key", "values", "said"),
        [
            ("title", {"title": "Analyst"}, "Title saved"),
            ("location", {"city": "Rome"}, "Location saved"),
            ("email-new", {"email-new": "z@z.example"}, "E-mail saved"),
            ("owner", {"owner": ""}, "Owner saved"),
        ],
    )
    def test_by_the_name_on_the_page(self, visitor, key, values, said):
        toast = self.toast(visitor.save(key, values))

        assert toast["text"] == said
        assert "/undo/" in toast["undo"]

    def test_names_the_stage(self, visitor):
        stage = ContactStage.objects.get(name="Interested")

        saved = visitor.save("stage", {"stage": stage.pk})

        assert self.toast(saved)["text"] == "Stage set to Interested"

    def test_names_a_custom_field(self, visitor, team):
        field = CustomField.objects.create(record="contact", name="Party", kind="text")
        key = f"custom-{field.pk}"

        saved = visitor.save(key, {key: "Whig"}, query="place=f&tab=all-fields")

        assert self.toast(saved)["text"] == "Party saved"
