"""D-look and Q1: what a form looks like, and what a screen reader hears of it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms

from tests.ui.test_components import Element, Reader, only

CHECKBOX = "checkbox checkbox-xs pointer-coarse:checkbox-sm"


class Contact(forms.Form):
    name = forms.CharField(
        label="Name", help_text="As people call them.", max_length=100
    )
    mail = forms.EmailField(label="E-mail", required=False)
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    stage = forms.ChoiceField(label="Stage", choices=[("a", "New")])
    kind = forms.ChoiceField(
        label="Kind", choices=[("c", "Call"), ("m", "Mail")], widget=forms.RadioSelect
    )
    lists = forms.MultipleChoiceField(
        label="Lists",
        choices=[("1", "Q4"), ("2", "Q5")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    agreed = forms.BooleanField(label="Agreed", required=False)
    muted = forms.BooleanField(
        label="Muted",
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "toggle toggle-sm"}),
    )
    born = forms.DateField(label="Born", required=False)
    met = forms.DateTimeField(label="Met", required=False)
    file = forms.FileField(label="File", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean(self) -> None:
        self.add_error(None, "Somebody else changed this contact.")


class SignIn(forms.Form):
    mail = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput)


def read(form: forms.Form) -> list[Element]:
    reader = Reader()
    reader.feed(str(form))
    return reader.elements


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("name", {"type": "text", "class": "input w-full"}),
        ("mail", {"type": "email", "class": "input w-full"}),
        ("agreed", {"type": "checkbox", "class": CHECKBOX}),
        ("muted", {"type": "checkbox", "class": "toggle toggle-sm"}),
        ("born", {"type": "date", "class": "input w-full"}),
        ("met", {"type": "datetime-local", "class": "input w-full"}),
        ("token", {"type": "hidden"}),
    ],
)
def test_each_input_has_its_kind_and_look(name: str, expected: dict[str, str]) -> None:
    assert expected.items() <= only(read(Contact()), "input", name=name).items()


def test_no_input_cuts_off_what_is_pasted() -> None:
    assert not [e for e in read(Contact()) if "maxlength" in e]
    assert Contact({"name": "x" * 101}).errors["name"]


def test_several_choices_are_a_named_group() -> None:
    found = read(Contact())

    assert [e.text for e in found if e.tag == "legend"] == ["", ""]
    radios = [e for e in found if e.get("name") == "kind"]
    assert {e["class"] for e in radios} == {"radio radio-xs pointer-coarse:radio-sm"}
    assert {e["class"] for e in found if e.get("name") == "lists"} == {CHECKBOX}
    assert {e["id"] for e in radios} <= {e["for"] for e in found if e.tag == "label"}


def test_pickers_get_values_in_the_browser_s_format() -> None:
    form = Contact(
        initial={
            "born": date(2026, 3, 1),
            "met": datetime(2026, 3, 1, 9, 30, tzinfo=UTC),
        }
    )

    assert only(read(form), "input", name="born")["value"] == "2026-03-01"
    assert only(read(form), "input", name="met")["value"] == "2026-03-01T09:30"


def test_what_a_picker_sends_is_understood() -> None:
    form = Contact({"name": "A", "stage": "a", "kind": "c", "met": "2026-03-01T09:30"})

    assert "met" not in form.errors
    assert form.cleaned_data["met"] == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


class TestErrors:
    @pytest.fixture
    def found(self) -> list[Element]:
        return read(Contact({"name": "", "mail": "maya@", "stage": "a"}))

    def test_field_is_invalid_and_described_by_error_and_help(
        self, found: list[Element]
    ) -> None:
        name = only(found, "input", name="name")

        assert name["aria-invalid"] == "true"
        assert name["aria-describedby"] == "id_name_errors id_name_helptext"
        assert "input-error" in name["class"]
        ids = {e.get("id") for e in found}
        assert {"id_name_errors", "id_name_helptext"} <= ids

    def test_what_was_typed_is_still_there(self, found: list[Element]) -> None:
        assert only(found, "input", name="mail")["value"] == "maya@"

    def test_errors_of_the_whole_form_come_first_and_are_announced(
        self, found: list[Element]
    ) -> None:
        assert found[0]["role"] == "alert"

    def test_group_of_choices_says_what_is_missing(self, found: list[Element]) -> None:
        kinds = [e for e in found if e.get("name") == "kind"]

        assert {e["aria-describedby"] for e in kinds} == {"id_kind_errors"}


def marked(form: forms.Form) -> list[str]:
    return [bound.name for bound in form if getattr(bound, "is_marked_required", False)]


def test_required_fields_are_marked_where_others_are_not_required() -> None:
    # The stage is one of its choices in any case.
    assert marked(Contact()) == ["name", "kind"]
    assert marked(SignIn()) == []


def test_labels_of_fields_are_escaped() -> None:
    form: Any = type("Form", (forms.Form,), {"x": forms.CharField(label="<b>x</b>")})

    assert "<b>" not in str(form())
