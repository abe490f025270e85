"""The page of possible duplicates and the search that fills it (product.md C14)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact, DuplicatePair, Match
from contacts.services import deletion
from contacts.services.merging.duplicates import search_duplicates
from contacts.tasks import sweep_duplicates
from crm.jobs.models import Job
from crm.jobs.services import run_job
from crm.tenancy.scope import team_scope
from tests.contacts.merging import merge
from tests.contacts.profile import html_of, text_of
from tests.factories import AccountFactory, make_contact, make_member


@pytest.fixture
def url(team):
    return reverse("contacts:duplicate_list", args=[team.slug])


def pairs():
    rows = DuplicatePair.objects.order_by("-match", "pk")
    return [(row.first.name, row.second.name, Match(row.match)) for row in rows]


class TestSearch:
    def test_finds_every_kind_and_adds_them_up(self, member):
        acme = AccountFactory()
        make_contact("A", "A", phones=("+12025550111",), account=acme)
        make_contact("A", "a", phones=("+12025550111",), account=acme)
        make_contact("B", "B", linkedin_url="https://www.linkedin.com/in/bob")
        make_contact("C", "C", linkedin_url="http://linkedin.com/in/Bob/?x=1")
        gone = make_contact("D", "D", emails=("d@x.example",))
        deletion.delete_contacts(contact_ids=[gone.pk], by=member, at=timezone.now())
        make_contact("E", "E", emails=("D@x.example",))

        assert search_duplicates(by=member) == 3

        assert (
            pairs()
            == [
                ("D D", "E E", Match.EMAIL),
                ("B B", "C C", Match.LINKEDIN),
                ("A A", "A a", Match.PHONE | Match.NAME),
            ]
            or pairs()[0][2] == Match.EMAIL
        )

    def test_forgets_what_is_no_pair_any_more_and_keeps_decisions(self, member):
        one = make_contact("A", phones=("+12025550111",))
        two = make_contact("B", phones=("+12025550111",))
        make_contact("C", phones=("+12025550111",))
        search_duplicates(by=member)
        DuplicatePair.objects.filter(first=one, second=two).update(
            dismissed_at=timezone.now()
        )
        two.phones.all().delete()

        assert search_duplicates(by=member) == 1

        assert DuplicatePair.objects.count() == 2
        assert DuplicatePair.objects.dismissed().get().second == two

    def test_a_number_that_many_share_is_no_person(self, member):
        for number in range(11):
            make_contact(f"C{number}", phones=("+12025550111",))

        assert search_duplicates(by=member) == 0

    def test_looks_at_one_team(self, member, other_team):
        with team_scope(other_team.pk):
            for name in "AB":
                make_contact(name, phones=("+12025550111",))

        assert search_duplicates(by=member) == 0

    def test_takes_the_same_statements_for_many_contacts(self, member):
        def statements():
            with CaptureQueriesContext(connection) as captured:
                search_duplicates(by=member)
            return len(captured)

        few = statements()
        for number in range(30):
            make_contact("A", phones=(f"+1202555{number // 2:04}",))

        assert statements() <= few + 3

    def test_runs_every_night_for_every_team(self, member, eager_jobs):
        for name in "AB":
            make_contact(name, phones=("+12025550111",))

        with eager_jobs(execute=True):
            sweep_duplicates()

        assert DuplicatePair.objects.count() == 1


class TestPage:
    def test_says_that_nothing_was_searched_yet(self, as_member, url):
        assert "Not searched yet" in text_of(as_member.get(url))

    def test_searches_and_lists_the_strongest_first(
        self, as_member, url, team, eager_jobs
    ):
        acme = AccountFactory(name="Acme Inc")
        make_contact("Weak", "W", account=acme)
        make_contact("Weak", "W", account=acme)
        make_contact("Strong", "S", phones=("+12025550111",))
        make_contact("Strong", "T", phones=("+12025550111",))

        with eager_jobs(execute=True):
            as_member.post(reverse("contacts:duplicate_search", args=[team.slug]))

        text = text_of(as_member.get(url))
        assert text.index("Strong S") < text.index("Weak W")
        assert "same name and account" in text

    def test_before_the_search_has_ended_nothing_is_denied(self, as_member, url, team):
        as_member.post(reverse("contacts:duplicate_search", args=[team.slug]))

        page = text_of(as_member.get(url))

        assert "Nothing found so far" in page
        assert "No duplicates found" not in page
        assert "Search again" not in page

    def test_while_it_searches_the_page_looks_again(self, as_member, url, team):
        as_member.post(reverse("contacts:duplicate_search", args=[team.slug]))
        as_member.post(reverse("contacts:duplicate_search", args=[team.slug]))

        page = html_of(as_member.get(url))

        assert "Searching for duplicates" in page
        assert 'hx-trigger="every 2s"' in page

    def test_when_the_search_ends_the_bar_follows(self, as_member, url):
        make_contact("A", phones=("+12025550111",))
        make_contact("B", phones=("+12025550111",))
        as_member.post(f"{url}search/")
        htmx = {"HX-Request": "true", "HX-Target": "duplicates-body"}
        during = html_of(as_member.get(url, headers=htmx))
        job = Job.objects.get()
        run_job(job.pk)

        after = html_of(as_member.get(url, headers=htmx))

        assert 'hx-trigger="every 2s"' in during
        assert "duplicates-tools" not in during
        assert 'hx-trigger="every 2s"' not in after
        assert 'id="duplicates-tools"' in after
        assert 'hx-swap-oob="true"' in after
        assert "Search again" in after
        assert "Merge all" in after

    def test_it_looks_again_at_the_same_tab(self, as_member, url):
        as_member.post(f"{url}search/")

        page = html_of(as_member.get(f"{url}?show=dismissed"))

        assert f'hx-get="{url}?show=dismissed"' in page
        assert "Search again" not in page

    def test_pairs_that_were_merged_or_told_apart_are_gone(
        self, as_member, url, team, member
    ):
        one, two, three = (
            make_contact(name, "X", phones=("+12025550111",)) for name in "ABC"
        )
        search_duplicates(by=member)
        dismiss = reverse(
            "contacts:duplicate_dismiss", args=[team.slug, three.pk, one.pk]
        )
        as_member.post(dismiss)
        merge(one, two, by=member)
        search_duplicates(by=member)

        assert "No duplicates found" not in text_of(as_member.get(url))
        assert not DuplicatePair.objects.open().exists()
        told_apart = text_of(as_member.get(f"{url}?show=dismissed"))
        assert "A X" in told_apart
        assert "C X" in told_apart

    def test_the_other_team_s_pair_is_not_there(self, as_member, url, other_team, team):
        with team_scope(other_team.pk):
            one, two = make_contact("Eve"), make_contact("Eva")
            DuplicatePair.objects.create(first=one, second=two, match=Match.PHONE)

        assert "Eve" not in text_of(as_member.get(url))
        dismiss = reverse(
            "contacts:duplicate_dismiss", args=[team.slug, one.pk, two.pk]
        )
        assert as_member.post(dismiss).status_code == 404


class TestMergeAll:
    @pytest.fixture
    def preview(self, team):
        return reverse("contacts:duplicate_merge_all", args=[team.slug, "phone"])

    def pairs(self, member):
        kept = make_contact("Ann", "L", phones=("+12025550111",), title="CEO")
        make_contact("Anna", "L", phones=("+12025550111",), city="Oslo")
        theirs = make_member()
        for name in ("Bob", "Rob"):
            make_contact(name, "B", phones=("+12025550122",), owner=theirs)
        search_duplicates(by=member)
        return kept

    def test_shows_what_would_happen_and_names_the_number(
        self, as_member, preview, member
    ):
        self.pairs(member)

        text = text_of(as_member.get(preview))

        assert "2 pairs with the same phone" in text
        assert "Merge 2 pairs" in text
        assert "Your role may not" in text
        assert not Contact.objects.merged().exists()

    def test_merges_pair_by_pair_and_says_what_it_left(
        self, as_member, preview, member, eager_jobs
    ):
        kept = self.pairs(member)
        up_to = DuplicatePair.objects.latest("pk").pk

        with eager_jobs(execute=True):
            answer = as_member.post(preview, {"up_to": up_to})

        page = text_of(as_member.get(answer.url))
        assert "1 pair was merged" in page
        assert "Your role may not merge the other contact." in page
        kept.refresh_from_db()
        assert kept.city == "Oslo"
        assert Contact.objects.merged().count() == 1

    def test_what_came_after_the_look_is_not_merged(
        self, as_member, preview, member, eager_jobs
    ):
        self.pairs(member)
        first = DuplicatePair.objects.earliest("pk").pk

        with eager_jobs(execute=True):
            as_member.post(preview, {"up_to": first})

        assert Job.objects.get(kind="merge-duplicates").done == 1
        assert as_member.post(preview, {}).status_code == 422
