"""The actions on many people that this app offers (product.md P8)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from contacts import bulk_actions
from contacts.bulk_actions import BulkAction
from contacts.models import Selection
from contacts.panels.leaving import deletion_question_of_many
from contacts.services.bulk import columns, fields, leaving, lists, running
from crm.history import registry as history

# What goes with a selection is counted for so many contacts; of more only the kinds are named.
COUNTED = 10_000


def _number(number: int) -> str:
    return number_format(number, force_grouping=True)


def _save_heading(number: int) -> str:
    text = ngettext("Save %s person", "Save %s people", number)
    return text % _number(number)


def _stage_heading(number: int) -> str:
    text = ngettext("Set stage of %s contact", "Set stage of %s contacts", number)
    return text % _number(number)


def _owner_heading(number: int) -> str:
    text = ngettext("Assign owner of %s contact", "Assign owner of %s contacts", number)
    return text % _number(number)


def _add_heading(number: int) -> str:
    text = ngettext("Add %s contact to a list", "Add %s contacts to a list", number)
    return text % _number(number)


def _remove_heading(number: int) -> str:
    text = ngettext(
        "Remove %s contact from a list", "Remove %s contacts from a list", number
    )
    return text % _number(number)


def _field_heading(number: int) -> str:
    text = ngettext("Set a field of %s contact", "Set a field of %s contacts", number)
    return text % _number(number)


def _delete_heading(number: int) -> str:
    text = ngettext("Delete %s contact?", "Delete %s contacts?", number)
    return text % _number(number)


def _save_warning(selection: Selection) -> str:
    return _("They become contacts of yours. Who is saved already stays as they are.")


def _delete_warning(selection: Selection) -> str:
    """Return what goes with the contacts, and for how long they can come back."""
    return deletion_question_of_many(selection.first(COUNTED), total=selection.total)


ACTIONS = [
    BulkAction(
        key="save",
        label=_lazy("Save"),
        icon="bookmark-plus",
        order=10,
        of=Selection.Of.PEOPLE,
        heading=_save_heading,
        warning=_save_warning,
        title=leaving.save_title,
        run=leaving.save,
        is_prominent=True,
    ),
    BulkAction(
        key="set-stage",
        label=_lazy("Set stage"),
        icon="circle-dot",
        order=20,
        heading=_stage_heading,
        title=columns.stage_title,
        run=columns.set_stage,
        is_prominent=True,
    ),
    BulkAction(
        key="assign-owner",
        label=_lazy("Assign owner"),
        icon="user-round",
        order=30,
        heading=_owner_heading,
        title=columns.owner_title,
        run=columns.assign_owner,
        is_prominent=True,
    ),
    BulkAction(
        key="add-to-list",
        label=_lazy("Add to list"),
        icon="list-plus",
        order=40,
        heading=_add_heading,
        title=lists.added_title,
        prepare=lists.choose_list,
        run=lists.add_to_list,
        is_prominent=True,
    ),
    BulkAction(
        key="remove-from-list",
        label=_lazy("Remove from list"),
        icon="list-minus",
        order=50,
        heading=_remove_heading,
        title=lists.removed_title,
        run=lists.remove_from_list,
    ),
    BulkAction(
        key="set-field",
        label=_lazy("Set a field"),
        icon="pencil",
        order=60,
        heading=_field_heading,
        template="contacts/_bulk_field_form.html",
        title=fields.field_title,
        run=fields.set_field,
    ),
    BulkAction(
        key="delete",
        label=_lazy("Delete"),
        icon="trash-2",
        order=900,
        permission="contacts.delete_own",
        heading=_delete_heading,
        warning=_delete_warning,
        title=leaving.delete_title,
        run=leaving.delete,
        is_destructive=True,
    ),
]


def register(forms: Mapping[str, Any]) -> None:
    """Called once from AppConfig.ready(), with the form of each action by its key."""
    running.register()
    history.add_acts(
        {
            "bulk.save": _lazy("saved many people"),
            "bulk.set-stage": _lazy("set the stage of many contacts"),
            "bulk.assign-owner": _lazy("assigned the owner of many contacts"),
            "bulk.add-to-list": _lazy("added many contacts to a list"),
            "bulk.remove-from-list": _lazy("removed many contacts from a list"),
            "bulk.set-field": _lazy("set a field of many contacts"),
            "bulk.delete": _lazy("deleted many contacts"),
        },
        on_one={
            "bulk.save": _lazy("saved the contact from the directory"),
            "bulk.set-stage": _lazy("set"),
            "bulk.assign-owner": _lazy("assigned"),
            "bulk.add-to-list": _lazy("added the contact to a list"),
            "bulk.remove-from-list": _lazy("removed the contact from a list"),
            "bulk.set-field": _lazy("set"),
            "bulk.delete": _lazy("deleted the contact"),
        },
    )
    for action in ACTIONS:
        bulk_actions.add(replace(action, form=forms[action.key]))
