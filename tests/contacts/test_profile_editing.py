"""Editing in place (product.md C5), and bad input (Q3)."""

import re
from html import unescape

import pytest

from accounts.models import Account
from activities.models import Activity
from contacts.models import (
    ContactEmail,
    ContactFieldValue,
    ContactList,
    ContactStage,
    ListEntry,
)
from contacts.services import deletion
from crm.teams.roles import Role
from crm.tenancy.scope import team_scope
from layouts.models import CustomField
from tests.contacts.profile import HTMX, Visitor, html_of, part, sign_in, text_of
from tests.factories import AccountFactory, make_contact, make_member


@pytest.fixture
def ada(team, member):
    return make_contact(
        title="Countess",
        emails=("ada@x.example", "ada@y.example"),
        phones=("+12022243441",),
        city="London",
        country="GB",
        owner=member,
    )


@pytest.fixture
def visitor(as_member, ada):
    return Visitor(as_member, ada)


class TestOneValue:
    def test_opens_with_the_value_and_the_focus(self, visitor, ada):
        editor = html_of(visitor.fragment("contact_field_edit", "place=c", key="title"))

        assert "<html" not in editor
        assert f'id="c-title-{ada.pk}"' in editor
        assert 'value="Countess"' in editor
        assert "autofocus" in editor
        assert ">Save<" in editor
        assert "data-editor-cancel" in editor

    def test_saves_and_gives_the_row_back(self, visitor):
        answer = visitor.save(
            "department", {"department": " Engines "}, query="place=f&tab=all-fields"
        )

        assert answer.status_code == 200
        assert visitor.now().department == "Engines"
        row = part(html_of(answer), f"f-department-{visitor.contact.pk}")
        assert "Engines" in row
        assert "autofocus" in row

    def test_brings_the_rest_of_the_page_up_to_date(self, visitor):
        answer = html_of(
            visitor.save("title", {"title": "Analyst"}, query="place=f&tab=all-fields")
        )

        identity = answer[answer.index('id="contact-identity"') :]
        assert 'hx-swap-oob="true"' in identity[:120]
        assert "Analyst" in identity

    def test_a_new_name_is_in_the_breadcrumb_and_the_title_too(self, visitor):
        answer = html_of(visitor.save("last_name", {"last_name": "Byron & Co"}))

        assert "<title>Ada Byron &amp; Co · Rapport</title>" in answer
        crumb = part(answer, "contact-crumb")
        assert "Ada Byron &amp; Co" in crumb
        assert 'hx-swap-oob="true"' in crumb

    def test_tells_the_timeline_which_asks_for_what_it_shows(self, visitor):
        page = html_of(visitor.get("contact_detail", "kind=changes&sort=-name"))

        saved = visitor.save("title", {"title": "Analyst"})

        assert "contactSaved" in saved.headers["HX-Trigger"]
        listens = r'hx-get="([^"]+)" hx-trigger="contactSaved from:body"'
        [url] = re.findall(listens, page)
        again = text_of(visitor.client.get(unescape(url), headers=HTMX))
        assert "Countess to Analyst" in again

    def test_bumps_the_version_and_the_search_text(self, visitor, ada):
        visitor.save("last_name", {"last_name": "Byron"})

        now = visitor.now()
        assert now.version == ada.version + 1
        assert (now.name, now.name_sort) == ("Ada Byron", "ada byron")
        assert "byron" in now.search_text

    def test_is_noted_on_the_timeline_once(self, visitor):
        visitor.save("title", {"title": "Analyst"})

        text = text_of(visitor.get(query="kind=changes"))
        assert text.count("Title: Countess to Analyst") == 1

    def test_the_same_value_changes_nothing(self, visitor, ada):
        visitor.save("title", {"title": "Countess "})

        assert visitor.now().version == ada.version
        assert not Activity.objects.exists()

    def test_cancel_gives_the_row_back_with_the_focus(self, visitor, ada):
        row = html_of(visitor.fragment("contact_field", "place=c", key="location"))

        assert f'id="edit-c-location-{ada.pk}"' in row
        assert "autofocus" in row
        assert "contact-identity" not in row

    def test_an_unknown_field_is_not_found(self, visitor):
        for key in (
            "nothing",
            "version",
            "deleted_at",
            "custom-99",
            "email-99",
            "team",
        ):
            assert visitor.get("contact_field_edit", key=key).status_code == 404, key

    def test_location_is_edited_as_a_whole_and_local_time_follows(self, visitor, ada):
        answer = html_of(
            visitor.save(
                "location", {"city": "Helsinki", "region": "", "country": "FI"}
            )
        )

        assert "Helsinki, Finland" in part(answer, f"c-location-{ada.pk}")
        assert f'id="c-local-time-{ada.pk}" hx-swap-oob="true"' in answer


class TestWithoutScripts:
    """C5, Q1: the editor is a page, saving leads back to the tab one came from."""

    def test_the_editor_is_a_page(self, visitor):
        page = visitor.get("contact_field_edit", "place=c&q=ada", key="title")

        assert "<html" in html_of(page)
        assert f'href="{visitor.url()}?q=ada"' in html_of(page)

    @pytest.mark.parametrize(
        ("query", "view"),
        [("q=ada", "contact_detail"), ("tab=all-fields&q=ada", "contact_fields")],
    )
    def test_saving_leads_back(self, visitor, query, view):
        answer = visitor.save("title", {"title": "CEO"}, query=query, htmx=False)

        assert answer["Location"] == f"{visitor.url(view)}?q=ada"
        assert visitor.now().title == "CEO"

    def test_a_refused_value_comes_back_on_the_page(self, visitor):
        answer = visitor.save("linkedin_url", {"linkedin_url": "nonsense"}, htmx=False)

        assert answer.status_code == 422
        assert "<html" in html_of(answer)
        assert 'value="nonsense"' in html_of(answer)

    def test_a_plain_post_by_the_stage_menu_works(self, visitor):
        stage = ContactStage.objects.get(name="Replied")

        visitor.save("stage", {"stage": stage.pk}, query="place=h", htmx=False)

        assert visitor.now().stage == stage


class TestBadInput:
    """Q3: a clear message where the mistake was made; nothing is lost, nothing half written."""

    @pytest.mark.parametrize(
        ("key", "typed", "message"),
        [
            ("first_name", "x" * 10_000, "at most 100 characters"),
            ("title", "nul\x00byte", "Null characters are not allowed"),
            ("email-new", "ada.example", "it has no @"),
            ("email-new", "ada@", "is not an e-mail address"),
            ("phone-new", "12", "is not a phone number in any country"),
            ("phone-new", "call me", "is not a phone number in any country"),
            (
                "linkedin_url",
                "javascript:alert(1)",
                "Enter a web address, like linkedin.com",
            ),
            (
                "linkedin_url",
                "https://evil.example/in/ada",
                "like linkedin.com/in/name",
            ),
            ("website", "http://", "Enter a web address"),
            ("website", "https://user:pass@x.example", "Enter a web address"),
            ("country", "Atlantis", "Choose one from the list"),
            ("time_zone", "Mars/Olympus", "Choose one from the list"),
            ("stage", "0", "Choose one from the list"),
            ("stage", "", "This field is required"),
            ("owner", "99999999999999999999999", "Choose one from the list"),
            ("account", "-1", "Choose one from the list"),
        ],
    )
    def test_stays_in_place_with_the_message(self, visitor, ada, key, typed, message):
        answer = visitor.save(key, {key: typed, f"{key}-kind": "work"})

        assert answer.status_code == 422
        html = html_of(answer)
        assert message in text_of(answer)
        assert "data-editor" in html
        if (
            typed
            and len(typed) < 200
            and key not in ("stage", "owner", "account", "country", "time_zone")
        ):
            assert typed.replace("\x00", "") in html.replace("\x00", "")
        assert visitor.now().version == ada.version
        assert not Activity.objects.exists()

    def test_the_field_is_marked(self, visitor):
        html = html_of(
            visitor.save("email-new", {"email-new": "nope", "email-new-kind": "work"})
        )

        assert 'aria-invalid="true"' in html
        assert 'aria-describedby="id_email-new_errors"' in html

    def test_an_address_of_another_contact_says_whose_it_is(self, visitor):
        make_contact("Bob", "Holder", emails=("bob@x.example",))

        answer = visitor.save(
            "email-new", {"email-new": "BOB@x.example", "email-new-kind": "work"}
        )

        assert "belongs to Bob Holder" in text_of(answer)
        assert ContactEmail.objects.filter(email_norm="bob@x.example").count() == 1

    def test_another_teams_address_is_free(self, visitor, other_team):
        with team_scope(other_team.pk):
            make_contact("Secret", "Person", emails=("s@x.example",))

        answer = visitor.save(
            "email-new", {"email-new": "s@x.example", "email-new-kind": "work"}
        )

        assert answer.status_code == 200

    def test_an_id_in_another_system_is_there_once(self, visitor):
        make_contact("Bob", external_id="crm-1")

        answer = visitor.save("external_id", {"external_id": "crm-1"})

        assert answer.status_code == 422
        assert "Another contact has this ID" in text_of(answer)

    def test_a_contact_keeps_a_name(self, as_member):
        visitor = Visitor(as_member, make_contact("Ada", ""))

        answer = visitor.save("first_name", {"first_name": ""})

        assert "needs a name or an e-mail address" in text_of(answer)
        assert visitor.now().first_name == "Ada"

    def test_links_get_a_scheme(self, visitor):
        visitor.save("linkedin_url", {"linkedin_url": "linkedin.com/in/ada"})

        assert visitor.now().linkedin_url == "https://linkedin.com/in/ada"


class TestEmails:
    """C4: several, ordered, the first is primary; add, edit, remove, make primary, type."""

    def keys(self, ada):
        return [
            f"email-{pk}"
            for pk in ada.emails.order_by("position").values_list("pk", flat=True)
        ]

    def test_add(self, visitor, ada):
        answer = visitor.save(
            "email-new", {"email-new": "New@Z.example", "email-new-kind": "personal"}
        )

        added = ada.emails.get(email_norm="new@z.example")
        assert (added.email, added.kind, added.position) == (
            "New@Z.example",
            "personal",
            2,
        )
        assert "new@z.example" in visitor.now().search_text
        assert 'id="w-contact-information" hx-swap-oob="true"' in html_of(answer)

    def test_a_changed_address_is_not_checked_any_more(self, visitor, ada, member):
        ada.emails.update(status="verified", status_source="Import")
        key = self.keys(ada)[0]

        visitor.save(key, {key: "countess@x.example", f"{key}-kind": "work"})

        changed = ada.emails.get(email_norm="countess@x.example")
        assert (changed.status, changed.status_source) == ("unknown", str(member))
        assert visitor.now().primary_email == "countess@x.example"

    def test_a_changed_type_keeps_the_status(self, visitor, ada):
        ada.emails.update(status="verified")
        key = self.keys(ada)[0]

        visitor.save(key, {key: "ada@x.example", f"{key}-kind": "personal"})

        assert ada.emails.get(email_norm="ada@x.example").status == "verified"

    def test_make_primary(self, visitor, ada):
        key = self.keys(ada)[1]

        visitor.save(
            key, {key: "ada@y.example", f"{key}-kind": "work", "do": "primary"}
        )

        assert visitor.now().primary_email == "ada@y.example"
        assert self.keys(ada)[0] == key

    def test_remove(self, visitor, ada):
        key = self.keys(ada)[0]

        visitor.save(key, {key: "ada@x.example", f"{key}-kind": "work", "do": "remove"})

        assert visitor.now().primary_email == "ada@y.example"
        assert [row.position for row in ada.emails.all()] == [0]

    def test_the_same_address_twice_is_refused(self, visitor):
        answer = visitor.save(
            "email-new", {"email-new": "ADA@x.example", "email-new-kind": "work"}
        )

        assert "This is there twice" in text_of(answer)

    def test_another_contacts_address_is_no_address_of_this_one(self, visitor):
        bob = make_contact("Bob", emails=("bob@x.example",))
        key = f"email-{bob.emails.get().pk}"

        answer = visitor.client.post(
            visitor.url("contact_field_edit", key=key),
            {key: "x@x.example", f"{key}-kind": "work"},
        )

        assert answer.status_code == 404
        assert bob.emails.get().email == "bob@x.example"


class TestPhones:
    def test_are_read_in_the_contacts_country(self, visitor, ada):
        visitor.save(
            "phone-new", {"phone-new": "020 7946 0958", "phone-new-kind": "mobile"}
        )

        assert ada.phones.get(kind="mobile").number == "+442079460958"

    def test_local_time_follows(self, visitor, ada):
        key = f"phone-{ada.phones.get().pk}"

        visitor.save(key, {key: "+46 70 174 06 12", f"{key}-kind": "work"})

        assert "in Stockholm" in text_of(visitor.get())


class TestRecordDetails:
    """C7: stage, lists, owner."""

    def test_the_stage_menu_answers_with_the_header(self, visitor):
        stage = ContactStage.objects.get(name="Interested")
        data = {
            "version": visitor.contact.version,
            "original-stage": visitor.contact.stage_id,
        }

        answer = visitor.client.post(
            visitor.url("contact_field_edit", "place=h", key="stage"),
            {**data, "stage": stage.pk},
            headers=HTMX,
        )

        html = html_of(answer)
        assert "Interested" in part(html, "stage-button")
        assert f'id="c-stage-{visitor.contact.pk}" hx-swap-oob="true"' in html
        assert visitor.now().stage == stage

    def test_owner_is_any_member(self, visitor):
        other = make_member(name="Priya Raman")

        visitor.save("owner", {"owner": other.pk})

        assert visitor.now().owner == other

    def test_owner_may_be_nobody(self, visitor):
        visitor.save("owner", {"owner": ""})

        assert visitor.now().owner is None

    def test_another_teams_member_is_no_owner(self, visitor, other_team, member):
        with team_scope(other_team.pk):
            stranger = make_member()

        assert visitor.save("owner", {"owner": stranger.pk}).status_code == 422
        assert visitor.now().owner == member

    def test_lists_are_chosen_and_created(self, visitor, ada):
        hot, cold = (ContactList.objects.create(name=name) for name in ("Hot", "Cold"))
        ListEntry.objects.create(list=cold, contact=ada)

        visitor.save(
            "lists", {"lists": [hot.pk], "new_list": " Board ", "lists-sent": "1"}
        )

        names = set(ada.list_entries.values_list("list__name", flat=True))
        assert names == {"Hot", "Board"}

    def test_a_new_list_that_exists_is_that_list(self, visitor, ada):
        hot = ContactList.objects.create(name="Hot")

        visitor.save("lists", {"new_list": "HOT", "lists-sent": "1"})

        assert [entry.list for entry in ada.list_entries.all()] == [hot]

    def test_add_to_list_from_the_actions(self, visitor, ada):
        hot = ContactList.objects.create(name="Hot")
        dialog = visitor.fragment("contact_add_to_list", target="modal")
        assert "<dialog" in html_of(dialog)

        visitor.client.post(
            visitor.url("contact_add_to_list"), {"lists": [hot.pk], "lists-sent": "1"}
        )

        assert [entry.list for entry in ada.list_entries.all()] == [hot]


class TestAccount:
    """C9: change or remove the account, or create one."""

    def test_is_found_by_a_fragment(self, visitor):
        AccountFactory(name="Acme Corporation")
        AccountFactory(name="Hooli")

        options = text_of(
            visitor.client.get(
                f"/t/{visitor.contact.team.slug}/accounts/choose/?account_name=corp",
                headers={**HTMX, "HX-Target": "account-options"},
            )
        )

        assert "Acme Corporation" in options
        assert "Hooli" not in options
        assert "Create account “corp”" in options
        assert "No account" in options

    def test_is_chosen(self, visitor):
        acme = AccountFactory(name="Acme")

        answer = visitor.save("account", {"account": acme.pk})

        now = visitor.now()
        assert (now.account, now.account_sort) == (acme, "acme")
        assert "acme" in now.search_text
        assert 'id="w-account" hx-swap-oob="true"' in html_of(answer)

    def test_is_created(self, visitor, member):
        visitor.save(
            "account", {"account": "new", "account_name": "Analytical Engines"}
        )

        account = Account.objects.get()
        assert (account.name, account.owner, account.stage.name) == (
            "Analytical Engines",
            member,
            "Cold",
        )
        assert visitor.now().account == account

    def test_is_removed(self, visitor, ada):
        ada.account = AccountFactory()
        ada.save()

        visitor.save("account", {"account": ""})

        assert visitor.now().account is None

    def test_without_scripts_its_search_is_a_button(self, visitor):
        AccountFactory(name="Acme")
        opened = visitor.open("account")

        answer = visitor.save(
            "account",
            {"account": "", "account_name": "acm", "do": "search"},
            opened=opened,
            htmx=False,
        )

        assert answer.status_code == 200
        assert "Acme" in text_of(answer)
        assert visitor.now().account is None

    def test_another_teams_account_is_refused(self, visitor, other_team):
        with team_scope(other_team.pk):
            theirs = AccountFactory()

        assert visitor.save("account", {"account": theirs.pk}).status_code == 422
        assert visitor.now().account is None


class TestCustomFields:
    """C61 as far as fields exist: text, number, date and URL, each checked by its type."""

    @pytest.mark.parametrize(
        ("kind", "typed", "shown"),
        [
            ("text", "Chess", "Chess"),
            ("number", " 12.50 ", "12.5"),
            ("date", "2026-02-28", "28 Feb 2026"),
            ("url", "example.com/x", "example.com/x"),
        ],
    )
    def test_are_kept_by_type(self, visitor, kind, typed, shown):
        field = CustomField.objects.create(name="Hobby", kind=kind)

        visitor.save(f"custom-{field.pk}", {f"custom-{field.pk}": typed})

        assert f"Hobby {shown}" in text_of(visitor.get("contact_fields")).replace(
            "Edit Hobby: ", ""
        )

    @pytest.mark.parametrize(
        ("kind", "typed"),
        [
            ("number", "many"),
            ("number", "inf"),
            ("date", "soon"),
            ("date", "2026-02-30"),
            ("url", "x y"),
        ],
    )
    def test_refuse_what_they_are_not(self, visitor, kind, typed):
        field = CustomField.objects.create(name="Hobby", kind=kind)

        answer = visitor.save(f"custom-{field.pk}", {f"custom-{field.pk}": typed})

        assert answer.status_code == 422
        assert not ContactFieldValue.objects.exists()

    def test_an_emptied_one_is_gone(self, visitor):
        field = CustomField.objects.create(name="Hobby")
        key = f"custom-{field.pk}"
        visitor.save(key, {key: "Chess"})

        visitor.save(key, {key: ""})

        assert not ContactFieldValue.objects.exists()


class TestRoles:
    def test_a_viewer_may_not_edit(self, ada, viewer):
        visitor = Visitor(sign_in(viewer), ada)

        for name in ("contact_update", "contact_add_to_list"):
            assert visitor.get(name).status_code == 403
        assert visitor.get("contact_field_edit", key="title").status_code == 403
        url = visitor.url("contact_field_edit", key="title")
        assert visitor.client.post(url, {"title": "X"}).status_code == 403
        assert visitor.now().title == "Countess"

    def test_every_other_role_may(self, ada, team):
        for role in (Role.REP, Role.MANAGER, Role.ADMIN):
            visitor = Visitor(sign_in(make_member(role)), ada)
            assert visitor.save("title", {"title": role}).status_code == 200


class TestDeletedMeanwhile:
    """Bad input: an edit of a contact that somebody just deleted."""

    def test_says_so_in_place_and_keeps_the_text(self, visitor, ada, admin):
        opened = visitor.open("title")
        deletion.delete_contacts(contact_ids=[ada.pk], by=admin, at=ada.created_at)

        answer = visitor.save("title", {"title": "Typed long ago"}, opened=opened)

        assert answer.status_code == 422
        assert "This contact was deleted" in text_of(answer)
        assert 'value="Typed long ago"' in html_of(answer)
        assert visitor.now().title == "Countess"

    def test_also_in_the_dialog(self, visitor, ada, admin):
        data = visitor.open_dialog()
        deletion.delete_contacts(contact_ids=[ada.pk], by=admin, at=ada.created_at)

        answer = visitor.save_dialog({**data, "title": "Typed long ago"})

        assert answer.status_code == 422
        assert "This contact was deleted" in text_of(answer)
        assert 'value="Typed long ago"' in html_of(answer)
