"""Samples of Settings, Fields."""

from tests.architecture.sample import Sample

FIELDS: dict[str, Sample] = {
    "layouts:field_list": Sample(variants=("?of=account",)),
    "layouts:field_create": Sample(
        query=lambda rows: {"of": "contact"},
        body=lambda rows: {
            "name": "Shoes",
            "kind": "picklist",
            "options": "Boots\nClogs",
            "currency": "EUR",
        },
    ),
    "layouts:field_update": Sample(
        body=lambda rows: {"name": "Shirt size", "help_text": "As worn"},
    ),
    "layouts:field_update#options": Sample(
        args=lambda rows: {"field_id": rows.fieldoption.field_id},
        body=lambda rows: {"name": "Tiers", "group": "Money"},
    ),
    "layouts:field_move": Sample(body=lambda rows: {"to": "down"}),
    "layouts:field_delete": Sample(body=lambda rows: {}),
    "layouts:option_create": Sample(
        args=lambda rows: {"field_id": rows.fieldoption.field_id},
        body=lambda rows: {"option": "Platinum"},
    ),
    "layouts:option_update": Sample(body=lambda rows: {"option": "Golden"}),
    "layouts:option_move": Sample(body=lambda rows: {"to": "down"}),
    "layouts:option_remove": Sample(body=lambda rows: {"target": ""}),
}
