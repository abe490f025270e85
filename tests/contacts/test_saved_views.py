"""Saved views of the list of people (product.md P5)."""

import pytest

from contacts.models import ContactList, SavedView, ViewMark
from contacts.services import viewing
from crm.teams.models import Membership
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from tests.contacts.people import names, people, text, url
from tests.factories import make_contact, make_member


@pytest.fixture
def ada_and_bo(team):
    make_contact("Ada", city="Oslo", title="VP")
    make_contact("Bo", city="Bergen")


@pytest.fixture
def oslo(team, member):
    return viewing.create_view(name="Oslo", state="city=oslo", by=member)


def post(client, team, name, view=None, /, **body):
    kwargs = {"view_id": view.pk} if view else {}
    return client.post(url(name, team, **kwargs), body)


class TestOpening:
    def test_shows_the_list_as_it_was_saved(self, as_member, team, ada_and_bo, member):
        view = viewing.create_view(
            name="By title", state="city=oslo&sort=-title&cols=email,title", by=member
        )

        response = people(as_member, team, f"view={view.pk}")

        assert names(response) == ["Ada Lovelace"]
        assert response.context["state"].sort == "title"
        assert response.context["state"].columns == ("email", "title")
        assert response.context["view"] == view
        assert "Save changes" not in text(response)

    def test_its_links_say_the_whole_state(self, as_member, team, ada_and_bo, oslo):
        response = people(as_member, team, f"view={oslo.pk}")

        assert response.context["address"].endswith(f"?view={oslo.pk}&city=oslo")

    def test_a_list_that_differs_can_be_saved_into_it(
        self, as_member, team, ada_and_bo, oslo
    ):
        response = people(as_member, team, f"view={oslo.pk}&city=bergen")

        assert names(response) == ["Bo Lovelace"]
        assert "Save changes" in text(response)

    def test_without_any_filter_it_is_not_the_view_again(
        self, as_member, team, ada_and_bo, oslo
    ):
        reset = people(as_member, team, f"view={oslo.pk}").context["reset"]

        response = as_member.get(reset)

        assert len(names(response)) == 2
        assert "Save changes" in text(response)

    def test_people_without_parameters_opens_the_default(
        self, as_member, team, member, ada_and_bo, oslo
    ):
        viewing.mark_view(oslo, is_default=True, by=member)

        response = people(as_member, team)
        everybody = people(as_member, team, "scope=saved")

        assert names(response) == ["Ada Lovelace"]
        assert len(names(everybody)) == 2
        assert "scope=saved" in everybody.context["address"]

    def test_one_that_is_gone_says_so(self, as_member, team, ada_and_bo, oslo, member):
        viewing.delete_view(oslo, by=member)

        response = people(as_member, team, f"view={oslo.pk}")

        assert "That view is not there any more" in text(response)
        assert len(names(response)) == 2

    def test_says_what_it_asks_for_and_is_gone(
        self, as_member, team, ada_and_bo, member
    ):
        gone = ContactList.objects.create(name="Gone")
        view = viewing.create_view(
            name="Old",
            state=f"city=oslo&list={gone.pk}&field-99=x&cols=title,shoe-size",
            by=member,
        )
        gone.delete()

        response = people(as_member, team, f"view={view.pk}")

        assert names(response) == ["Ada Lovelace"]
        shown = text(response)
        assert "The filter In any of the lists was left out" in shown
        assert "There is no column “shoe-size”" in shown

    def test_a_frozen_selection_is_what_the_view_shows(
        self, as_member, team, member, ada_and_bo, oslo
    ):
        """P7: "all that match" in a view never means everybody."""
        query = people(as_member, team, f"view={oslo.pk}").context["query"]

        assert "city=oslo" in query


class TestSaving:
    def test_keeps_the_list_under_a_name(self, as_member, team, member):
        response = post(
            as_member,
            team,
            "saved_view_create",
            name="  New   in Oslo ",
            state="panel=1&city=oslo&cursor=x&sort=-created&view=3",
            is_pinned="on",
        )

        view = SavedView.objects.get()
        assert response["Location"].endswith(f"?view={view.pk}")
        assert (view.name, view.state) == ("New in Oslo", "city=oslo&sort=-created")
        assert not view.is_shared
        assert "New in Oslo" in text(as_member.get(url("import_create", team)))

    def test_offers_the_state_of_the_list(self, as_member, team):
        page = as_member.get(url("saved_view_create", team) + "?city=oslo")

        assert 'name="state" value="city=oslo"' in page.content.decode()

    def test_needs_a_name(self, as_member, team):
        response = post(as_member, team, "saved_view_create", name=" ", state="q=a")

        assert response.status_code == 422
        assert not SavedView.objects.exists()

    def test_saves_changes_into_it(self, as_member, team, oslo):
        post(as_member, team, "saved_view_save", oslo, state="city=bergen", version="1")

        oslo.refresh_from_db()
        assert (oslo.state, oslo.version) == ("city=bergen", 2)

    def test_never_overwrites_what_somebody_changed_meanwhile(
        self, as_member, team, oslo, member
    ):
        viewing.save_view_state(oslo, state="city=rome", version=1, by=member)

        post(as_member, team, "saved_view_save", oslo, state="city=x", version="1")
        renamed = post(
            as_member, team, "saved_view_update", oslo, name="Rome", version="1"
        )

        oslo.refresh_from_db()
        assert oslo.state == "city=rome"
        assert oslo.name == "Oslo"
        assert renamed.status_code == 422
        assert "Somebody changed this view meanwhile" in text(renamed)

    def test_renames_and_shares(self, as_member, team, oslo):
        post(
            as_member,
            team,
            "saved_view_update",
            oslo,
            name="Norway",
            is_shared="on",
            version="1",
        )

        oslo.refresh_from_db()
        assert (oslo.name, oslo.is_shared) == ("Norway", True)

    def test_has_one_default(self, as_member, team, member, oslo):
        other = viewing.create_view(name="Other", state="", is_default=True, by=member)

        post(as_member, team, "saved_view_mark", oslo, is_default="1")

        defaults = ViewMark.objects.filter(is_default=True)
        assert [mark.view_id for mark in defaults] == [oslo.pk]
        post(as_member, team, "saved_view_mark", oslo, is_default="0")
        assert not defaults.all().exists()
        assert other.marks.count() == 1

    def test_pins_for_oneself(self, as_member, team, member, oslo):
        other = make_member(name="Other")
        oslo.is_shared = True
        oslo.save()

        post(as_member, team, "saved_view_mark", oslo, is_pinned="1")

        assert [mark.member_id for mark in ViewMark.objects.all()] == [member.pk]
        assert other.pk != member.pk

    def test_asks_before_it_deletes(self, as_member, team, oslo):
        page = as_member.get(url("saved_view_delete", team, view_id=oslo.pk))

        assert "“Oslo” goes" in text(page)
        post(as_member, team, "saved_view_delete", oslo)
        assert not SavedView.objects.exists()

    def test_a_member_has_so_many(self, as_member, team, monkeypatch, oslo):
        monkeypatch.setattr(viewing, "MAX_OWN", 1)

        response = post(as_member, team, "saved_view_create", name="One more")

        assert response.status_code == 422
        assert "delete one first" in text(response)

    @pytest.mark.parametrize(
        "version", ["9" * 5000, str(10**30), "²", "", "-1", "\x00"]
    )
    def test_a_version_that_is_none_changes_nothing(
        self, as_member, team, oslo, version
    ):
        body = {"state": "city=x", "version": version}
        saved = post(as_member, team, "saved_view_save", oslo, **body)
        page = as_member.get(saved.url)
        named = post(
            as_member, team, "saved_view_update", oslo, name="Rome", version=version
        )

        assert "Somebody changed this view meanwhile" in text(page)
        assert named.status_code == 422
        oslo.refresh_from_db()
        assert (oslo.name, oslo.state) == ("Oslo", "city=oslo")

    def test_what_no_address_holds_is_refused(self, as_member, team, oslo):
        state = "&".join(f"city=town{number}" for number in range(1000))

        made = post(as_member, team, "saved_view_create", name="Long", state=state)
        saved = post(as_member, team, "saved_view_save", oslo, state=state, version="1")

        assert made.status_code == 422
        assert "too many filters for a view" in text(made)
        assert "too many filters for a view" in text(as_member.get(saved.url))
        assert SavedView.objects.get().state == "city=oslo"


class TestSharing:
    """Only the owner and admins change a shared view; a private one is nobody else's business."""

    @pytest.fixture
    def theirs(self, team):
        other = make_member(name="Olga Owner")
        return viewing.create_view(
            name="Olga's", state="city=oslo", is_shared=True, by=other
        )

    def test_everybody_opens_and_duplicates_it(
        self, as_member, team, member, theirs, ada_and_bo
    ):
        response = people(as_member, team, f"view={theirs.pk}&city=bergen")
        post(as_member, team, "saved_view_duplicate", theirs)

        assert "Save changes" not in text(response)
        assert "Save view" in text(response)
        copy = SavedView.objects.get(owner=member)
        assert (copy.name, copy.state) == ("Copy of Olga's", "city=oslo")
        assert not copy.is_shared

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("saved_view_update", {"name": "Mine", "version": "1"}),
            ("saved_view_save", {"state": "", "version": "1"}),
            ("saved_view_delete", {}),
        ],
    )
    def test_others_change_nothing(self, as_member, team, theirs, name, body):
        assert post(as_member, team, name, theirs, **body).status_code == 403

        theirs.refresh_from_db()
        assert (theirs.name, theirs.state) == ("Olga's", "city=oslo")

    @pytest.mark.parametrize("name", ["saved_view_update", "saved_view_delete"])
    def test_others_are_told_who_can(self, as_member, team, theirs, name):
        page = as_member.get(url(name, team, view_id=theirs.pk))

        assert "Only Olga Owner and admins can change it" in text(page)

    def test_an_admin_changes_what_is_shared(self, team, theirs):
        admin = make_member(name="Adam", role=Role.ADMIN)

        viewing.update_view(theirs, name="Ours", is_shared=True, version=1, by=admin)

        theirs.refresh_from_db()
        assert theirs.name == "Ours"

    def test_a_private_view_does_not_exist_for_others(self, as_member, team, theirs):
        SavedView.objects.update(is_shared=False)

        response = people(as_member, team, f"view={theirs.pk}")

        assert "Olga's" not in text(response)
        assert "That view is not there any more" in text(response)
        for name in ("saved_view_update", "saved_view_delete"):
            address = url(name, team, view_id=theirs.pk)
            assert as_member.get(address).status_code == 404

    def test_another_teams_view_does_not_exist(self, as_member, team, other_team):
        with team_scope(other_team.pk):
            foreign = viewing.create_view(
                name="Foreign", state="", is_shared=True, by=make_member(name="F")
            )

        assert "Foreign" not in text(people(as_member, team, f"view={foreign.pk}"))

    def test_viewers_keep_views_but_share_none(self, as_viewer, team):
        page = as_viewer.get(url("saved_view_create", team))

        post(as_viewer, team, "saved_view_create", name="Mine", is_shared="on")

        assert "Share with the team" not in text(page)
        assert not SavedView.objects.get().is_shared

    @pytest.mark.parametrize(
        ("name", "body"),
        [
            ("saved_view_update", {"name": "Mine", "version": "1"}),
            ("saved_view_save", {"state": "", "version": "1"}),
            ("saved_view_delete", {}),
        ],
    )
    def test_who_became_a_viewer_changes_no_shared_view(
        self, as_member, team, member, name, body
    ):
        view = viewing.create_view(
            name="Oslo", state="city=oslo", is_shared=True, by=member
        )
        Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)

        refused = post(as_member, team, name, view, **body)
        page = as_member.get(url("saved_view_update", team, view_id=view.pk))

        assert refused.status_code == 403
        assert "Your role may not change what is shared" in text(page)
        view.refresh_from_db()
        assert (view.name, view.state, view.is_shared) == ("Oslo", "city=oslo", True)

    def test_a_viewer_changes_a_private_view_but_does_not_share_it(
        self, as_member, team, member, oslo
    ):
        Membership.objects.filter(pk=member.pk).update(role=Role.VIEWER)

        body = {"name": "Rome", "version": "1", "is_shared": "on"}
        post(as_member, team, "saved_view_update", oslo, **body)

        oslo.refresh_from_db()
        assert (oslo.name, oslo.is_shared) == ("Rome", False)
