"""Merging in the browser: found, put side by side, chosen, merged, followed (product.md C14)."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, ContactList, ListEntry, Selection
from contacts.services import deletion
from crm.tenancy.scope import team_scope
from tests.contacts.merging import merge
from tests.contacts.profile import HTMX, Visitor, form_of, html_of, sign_in, text_of
from tests.factories import AccountFactory, make_contact, make_member


@pytest.fixture
def acme(team):
    return AccountFactory(name="Acme Inc")


@pytest.fixture
def ann(member, acme):
    return make_contact(
        "Ann",
        "Lee",
        phones=("+12025550111",),
        emails=("ann@acme.example",),
        account=acme,
        owner=member,
        title="CEO",
        city="Oslo",
    )


@pytest.fixture
def anna(member, acme):
    return make_contact(
        "Anna",
        "Leigh",
        phones=("+12025550111",),
        account=acme,
        owner=member,
        title="Boss",
    )


@pytest.fixture
def visitor(as_member, ann):
    return Visitor(as_member, ann)


def review_url(team, one, other, query=""):
    path = reverse("contacts:merge_review", args=[team.slug, one.pk, other.pk])
    return f"{path}?{query}" if query else path


class TestBanner:
    def test_names_the_other_and_what_they_share(self, visitor, anna):
        text = text_of(visitor.get())

        assert "Possible duplicate: Anna Leigh at Acme Inc (same phone)" in text
        assert "Merge" in text
        assert "Not a duplicate" in text

    def test_same_name_and_account(self, visitor, acme):
        make_contact("Ann", "LEE", account=acme)

        assert "(same name and account)" in text_of(visitor.get())

    def test_same_linkedin_in_another_spelling(self, member, as_member):
        one = make_contact(linkedin_url="https://www.linkedin.com/in/ann")
        make_contact("Bob", "B", linkedin_url="https://linkedin.com/in/ann/")

        assert "(same LinkedIn)" in text_of(Visitor(as_member, one).get())

    def test_same_e_mail_of_one_in_the_bin(self, visitor, member):
        gone = make_contact("Old", "Ann", owner=member, emails=("other@x.example",))
        gone.emails.update(
            email="ann@acme.example", email_norm="ann@acme.example", is_live=False
        )
        deletion.delete_contacts(contact_ids=[gone.pk], by=member, at=timezone.now())

        text = text_of(visitor.get())

        assert "Possible duplicate: Old Ann (same e-mail), in the bin" in text

    def test_a_switchboard_makes_no_duplicates(self, visitor):
        for number in range(12):
            make_contact(f"C{number}", "X", phones=("+12025550111",))

        assert "Possible duplicate" not in text_of(visitor.get())

    def test_not_for_viewers_nor_for_another_team_s_contact(
        self, ann, viewer, visitor, other_team
    ):
        with team_scope(other_team.pk):
            make_contact("Eve", phones=("+12025550111",))

        assert "Possible duplicate" not in text_of(visitor.get())
        make_contact("Anna", phones=("+12025550111",))
        guest = Visitor(sign_in(viewer), ann)
        assert "Possible duplicate" not in text_of(guest.get())

    def test_not_a_duplicate_is_remembered_for_the_team(self, visitor, anna, ann):
        url = visitor.url("duplicate_dismiss", other_id=anna.pk)

        answer = visitor.client.post(url, {"next": "contact"}, follow=True)

        assert "Remembered as two people" in html_of(answer)
        assert "Possible duplicate" not in text_of(answer)
        colleague = Visitor(sign_in(make_member()), anna)
        assert "Possible duplicate" not in text_of(colleague.get())

        again = visitor.url("duplicate_reopen", other_id=anna.pk)
        visitor.client.post(f"{again}?next=contact")
        assert "Possible duplicate" in text_of(visitor.get())


class TestSearch:
    def test_offers_likely_ones_first_and_then_what_is_searched(self, visitor, anna):
        bob = make_contact("Bob", "Builder", emails=("bob@x.example",))

        offered = html_of(visitor.get("contact_merge"))
        found = html_of(visitor.get("contact_merge", "q=builder"))

        assert f"/merge/{anna.pk}/" in offered
        assert "same phone" in offered
        assert f"/merge/{bob.pk}/" in found
        assert f"/merge/{anna.pk}/" not in found

    def test_the_menu_leads_there(self, visitor):
        assert "Merge duplicates" in text_of(visitor.get())


class TestReview:
    def test_shows_both_and_preselects_what_is_filled(self, as_member, team, ann, anna):
        page = as_member.get(review_url(team, ann, anna, f"keep={anna.pk}"))
        form = form_of(page, "merge-form")

        assert form["choice-title"] == [str(anna.pk)]
        assert form["choice-city"] == [str(ann.pk)]
        assert form["primary-email"] == ["ann@acme.example"]

    def test_keeps_the_one_that_says_more(self, as_member, team, ann, anna):
        page = html_of(as_member.get(review_url(team, anna, ann)))

        kept = page.index("This record is kept")
        assert page.index(">Ann Lee<") < kept < page.index(">Anna Leigh<", kept - 900)

    def test_counts_what_moves(self, as_member, team, ann, anna):
        for name in ("Hot", "Press"):
            chosen = ContactList.objects.create(name=name)
            ListEntry.objects.create(list=chosen, contact=anna)

        text = text_of(as_member.get(review_url(team, ann, anna)))

        assert "Moves to Ann Lee: 2 lists." in text

    def test_of_two_with_one_name_says_which_is_which(self, as_member, team, ann, acme):
        twin = make_contact("Ann", "Lee", account=acme)

        text = text_of(as_member.get(review_url(team, ann, twin)))

        assert "Links to the other record lead to the kept one" in text
        assert "Links to Ann Lee lead to Ann Lee" not in text

    def test_merges_what_was_chosen_and_says_so(self, as_member, team, ann, anna):
        url = review_url(team, ann, anna, f"keep={ann.pk}")
        form = form_of(as_member.get(url), "merge-form")

        answer = as_member.post(url, {**form, "choice-title": anna.pk}, follow=True)

        assert "Anna Leigh was merged into this contact" in html_of(answer)
        assert "merged Anna Leigh into this contact" in text_of(answer)
        ann.refresh_from_db()
        assert (ann.title, ann.city) == ("Boss", "Oslo")

    def test_three_at_once(self, as_member, team, ann, anna, member):
        third = make_contact("A", "L", owner=member, region="Viken")
        url = review_url(team, ann, anna, f"contact={third.pk}&keep={ann.pk}")
        form = form_of(as_member.get(url), "merge-form")

        as_member.post(url, form)

        ann.refresh_from_db()
        assert ann.region == "Viken"
        assert Contact.objects.merged().count() == 2

    def test_a_change_meanwhile_is_shown_and_choices_stay(
        self, as_member, team, ann, anna
    ):
        url = review_url(team, ann, anna, f"keep={ann.pk}")
        form = form_of(as_member.get(url), "merge-form")
        Contact.objects.filter(pk=anna.pk).update(version=9, title="Director")

        answer = as_member.post(url, {**form, "choice-title": anna.pk})

        assert answer.status_code == 422
        text = text_of(answer)
        assert "Meanwhile somebody changed Anna Leigh." in text
        assert "Director" in text
        chosen = re.search(
            rf'name="choice-title" value="{anna.pk}" checked', html_of(answer)
        )
        assert chosen
        assert not Contact.objects.merged().exists()

    def test_who_may_not_delete_the_other_is_told_before(self, as_member, team, ann):
        theirs = make_contact("Theirs", owner=make_member(), city="Rome")
        url = review_url(team, ann, theirs, f"keep={ann.pk}")

        page = as_member.get(url)

        assert "You may not merge Theirs Lovelace" in text_of(page)
        assert "Merge contacts</button>" not in html_of(page)
        versions = {f"version-{one.pk}": 1 for one in (ann, theirs)}
        assert as_member.post(url, versions).status_code == 403

    def test_a_page_that_was_left_open_leads_to_the_survivor(
        self, as_member, team, ann, anna, member
    ):
        merge(ann, anna, by=member)

        answer = as_member.get(review_url(team, ann, anna))

        assert answer.url == ann.get_absolute_url()


class TestSelection:
    def select(self, client, team, *contacts):
        url = reverse("contacts:people_select", args=[team.slug, "merge"])
        data = {"contact": [one.pk for one in contacts], "state": "q=lee"}
        return client.post(url, data, follow=True)

    def test_two_that_are_ticked_stand_side_by_side(self, as_member, team, ann, anna):
        answer = self.select(as_member, team, ann, anna)

        assert "This record is kept" in text_of(answer)

    def test_one_is_too_few(self, as_member, team, ann):
        answer = self.select(as_member, team, ann)

        assert answer.status_code == 422
        assert "Choose 2 to 5 contacts to merge them." in html_of(answer)
        assert "?q=lee" in html_of(answer)

    @pytest.mark.parametrize("body", [{}, {"all": "1", "number": "6"}])
    def test_of_too_many_a_dialog_says_so_and_the_list_stays(
        self, as_member, team, body
    ):
        six = [make_contact(f"Lee{n}") for n in range(6)]
        url = reverse("contacts:people_select", args=[team.slug, "merge"])
        data = {"contact": [one.pk for one in six], "state": "q=lee", **body}

        answer = as_member.post(url, data, headers={**HTMX, "HX-Target": "modal"})

        assert answer.status_code == 200
        assert "HX-Redirect" not in answer
        assert 'id="not-selected"' in html_of(answer)
        assert "Choose 2 to 5 contacts to merge them." in html_of(answer)
        assert not Selection.objects.exists()

    def test_is_offered(self, as_member, team, ann):
        page = as_member.get(reverse("contacts:people_list", args=[team.slug]))

        assert "select/merge/" in html_of(page)


class TestOldLinks:
    @pytest.mark.parametrize(
        "name",
        [
            "contact_detail",
            "contact_record",
            "contact_fields",
            "activities:contact_timeline",
        ],
    )
    def test_lead_to_the_survivor(self, visitor, ann, anna, member, name):
        third = make_contact("Third", owner=member)
        merge(anna, ann, by=member)
        merge(third, anna, by=member)

        answer = visitor.get(name, "q=lee")

        there = Visitor(visitor.client, third)
        assert answer.url == there.url(name, "q=lee")

    def test_the_search_finds_the_survivor_by_the_other_s_address(
        self, as_member, ann, anna, member, team
    ):
        merge(anna, ann, by=member)
        url = reverse("contacts:people_list", args=[team.slug])

        page = text_of(as_member.get(f"{url}?scope=saved&q=ann@acme.example"))

        assert "Anna Leigh" in page
        assert "Ann Lee " not in page
