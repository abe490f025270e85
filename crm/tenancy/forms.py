"""Model forms for team-owned rows."""

from typing import Any

from django import forms

from crm.tenancy.scope import current_team_id


class TeamModelForm(forms.ModelForm):
    """A model form whose unique constraints include the team.

    Django leaves every constraint with a field that is not on the form out of validation, so
    a duplicate within the team would pass `is_valid()` and fail in the database.
    """

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - {"team"}

    def _post_clean(self) -> None:
        if self.instance.team_id is None:
            self.instance.team_id = current_team_id()
        super()._post_clean()

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002  # Django's signature
        raise NotImplementedError("Forms validate; call a service with cleaned_data.")
