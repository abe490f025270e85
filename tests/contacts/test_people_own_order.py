"""The list of people in the order of a custom field (product.md P3 sortable columns, C61)."""

import pytest
from django.utils import timezone

from contacts.models import Contact, ContactFieldValue
from contacts.queries import people as people_queries
from crm.pagination import encode_cursor
from crm.tenancy.scope import team_scope
from layouts.models import CustomField, FieldOption
from layouts.services.values import CustomValues
from tests.contacts.people import names, people, text, url
from tests.factories import make_contact, make_member

Kind = CustomField.Kind
# Of each kind the values in ascending order, some of them alike.
ASCENDING = {
    Kind.TEXT: ["Ärger", "beta", "Beta", "zoo"],
    Kind.URL: ["https://a.example", "https://b.example", "https://b.example", "https://c.example"],
    Kind.EMAIL: ["a@x.example", "b@x.example", "b@x.example", "c@x.example"],
    Kind.PHONE: ["+12025550101", "+12025550133", "+12025550133", "+442079460018"],
    Kind.NUMBER: ["-1.5", "2", "2", "1000"],
    Kind.CURRENCY: ["-1 EUR", "2.5 USD", "2.5 EUR", "1000 EUR"],
    Kind.CHECKBOX: ["false", "true", "true", "true"],
    Kind.DATE: ["1999-12-31", "2026-02-01", "2026-02-01", "2026-11-01"],
    Kind.MOMENT: ["1999-12-31T23:00", "2026-02-01T10:00", "2026-02-01T10:00", "2026-02-01T10:01"],
    Kind.PICKLIST: ["Zinc", "Gold", "Gold", "Ash"],
    Kind.MEMBER: ["Ann", "Bob", "Bob", "Cid"],
}  # fmt: skip
EMPTY = ["Adam", "Zoe"]
WALKED = ("walked", "walked in vain")
OF_EACH_ORDER = (Kind.TEXT, Kind.NUMBER, Kind.PICKLIST, Kind.MEMBER)


def make_field(kind, name="Own"):
    for who in ("Cid", "Ann", "Bob") if kind == Kind.MEMBER else ():
        make_member(name=who)
    field = CustomField.objects.create(name=name, kind=kind, currency="EUR")
    for position, option in enumerate(("Zinc", "Gold", "Unused", "Ash")):
        if kind == Kind.PICKLIST:
            FieldOption.objects.create(field=field, name=option, position=position)
    return field


def put(contact, field, said):
    values = CustomValues(contact, kind="contact", by=make_member())
    value = values.fields[f"custom-{field.pk}"]
    values.write(value.key, value.parse(said, country="US"))


def fill(kind):
    """Twice the four values, spread over contacts that are made in another order; two have none."""
    field = make_field(kind)
    made = {}
    for place in (5, 2, 7, 0, 3, 6, 1, 4):
        contact = make_contact(f"N{place}", city="Oslo" if place % 2 else "Rome")
        put(contact, field, ASCENDING[kind][place // 2])
        made[place] = contact
    for name in reversed(EMPTY):
        make_contact(name, city="Oslo")
    deleted = make_contact("Deleted")
    put(deleted, field, ASCENDING[kind][1])
    Contact.objects.filter(pk=deleted.pk).update(deleted_at=timezone.now())
    return field


def expected(kind, *, descending=False, city=""):
    """The first names in order, worked out from what the database keeps."""
    rows = list(ContactFieldValue.objects.select_related("contact", "member__user"))
    options = dict(FieldOption.objects.values_list("pk", "position"))

    def key(row):
        return (
            row.text_sort,
            row.number_value,
            row.amount_value,
            row.date_value,
            row.moment_value,
            row.option_ids and options[row.option_ids[0]],
            row.member_id and row.member.user.name,
            row.contact_id,
        )

    kept = [row for row in rows if row.contact.first_name != "Deleted"]
    kept.sort(key=lambda row: [part for part in key(row) if part not in (None, "")])
    if descending:
        kept.reverse()
    found = [row.contact.first_name for row in kept if city in row.contact.city]
    return found + [name for name in EMPTY if city in ("", "Oslo")]


@pytest.fixture(params=["gathered", *WALKED])
def way(request, monkeypatch):
    """Each way to a page of narrowed rows: at once, through a stretch, and when that is too short."""
    if request.param != "gathered":
        monkeypatch.setattr(
            "contacts.queries.own_values.walks", lambda **_numbers: True
        )
        length = 4 if request.param == "walked" else 0
        monkeypatch.setattr(
            "contacts.queries.narrowed._walk_length", lambda *_numbers: length
        )


def short_pages(monkeypatch, size):
    defaults = people_queries.read_people.__kwdefaults__
    monkeypatch.setitem(defaults, "size", size)


def walk(client, response):
    """Return the names page by page, forward to the end and back to the start."""
    forward, backward = [names(response)], []
    while response.context["next"]:
        response = client.get(response.context["next"])
        forward.append(names(response))
    while response.context["previous"]:
        response = client.get(response.context["previous"])
        backward.append(names(response))
    return forward, backward


def first_names(pages):
    return [name.split()[0] for page in pages for name in page]


@pytest.mark.parametrize("kind", ASCENDING)
@pytest.mark.parametrize("sign", ["", "-"])
class TestOrder:
    def test_every_contact_comes_once_down_and_up(
        self, as_member, team, other_team, monkeypatch, kind, sign
    ):
        with team_scope(other_team.pk):
            fill(kind)
        field = fill(kind)
        wanted = expected(kind, descending=bool(sign))
        for size in (2, 3, 50):
            short_pages(monkeypatch, size)
            response = people(as_member, team, f"sort={sign}field-{field.pk}")
            forward, backward = walk(as_member, response)

            assert first_names(forward) == wanted
            assert [len(page) for page in forward[:-1]] == [size] * (len(forward) - 1)
            assert backward == forward[-2::-1]


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        *(("gathered", kind) for kind in ASCENDING),
        *((way, kind) for way in WALKED for kind in OF_EACH_ORDER),
    ],
    indirect=["way"],
)
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_filter_beside_it(as_member, team, monkeypatch, way, kind, sign):
    field = fill(kind)
    short_pages(monkeypatch, 2)
    query = f"sort={sign}field-{field.pk}&city=Oslo"
    forward, backward = walk(as_member, people(as_member, team, query))

    wanted = expected(kind, descending=bool(sign), city="Oslo")
    assert first_names(forward) == wanted
    assert backward == forward[-2::-1]


class TestList:
    @pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.PICKLIST, Kind.MEMBER])
    @pytest.mark.parametrize("more", ["", "&city=Oslo", "&q=n"])
    def test_needs_few_queries_wherever_a_page_lies(
        self, as_member, team, monkeypatch, django_assert_max_num_queries, kind, more
    ):
        field = fill(kind)
        short_pages(monkeypatch, 3)
        key = f"field-{field.pk}"
        href = f"{url('people_list', team)}?sort={key}&cols=title,{key}{more}"
        as_member.get(href)
        while href:
            with django_assert_max_num_queries(15):
                href = as_member.get(href).context["next"]

    def test_the_head_of_its_column_and_the_menu_sort_both_ways(self, as_member, team):
        field = fill(Kind.NUMBER)
        key = f"field-{field.pk}"
        page = people(as_member, team, f"cols={key}")
        [head] = [h for h in page.context["headings"] if h.key == key]
        [entry] = [h for h in page.context["sorts"] if h.key == key]
        assert head.href == entry.href

        up = as_member.get(head.href)
        [head] = [h for h in up.context["headings"] if h.key == key]
        down = as_member.get(head.href)

        assert head.direction == "ascending"
        assert first_names([names(up)]) == expected(Kind.NUMBER)
        assert first_names([names(down)]) == expected(Kind.NUMBER, descending=True)

    def test_a_saved_view_keeps_it(self, as_member, team):
        field = fill(Kind.NUMBER)
        query = f"sort=-field-{field.pk}"
        as_member.post(
            f"{url('saved_view_create', team)}?{query}",
            {"name": "Biggest", "state": query},
        )
        page = people(as_member, team)
        [view] = page.context["views"]

        opened = people(as_member, team, f"view={view.pk}")
        assert first_names([names(opened)]) == expected(Kind.NUMBER, descending=True)

    @pytest.mark.parametrize("kind", [Kind.MULTI_PICKLIST, Kind.LONG_TEXT])
    def test_what_has_no_order_is_not_offered(self, as_member, team, kind):
        field = make_field(kind)
        make_contact()
        key = f"field-{field.pk}"
        page = people(as_member, team, f"cols={key}&sort={key}")

        [head] = [h for h in page.context["headings"] if h.key == key]
        assert head.href == ""
        assert f"cannot be sorted by “{key}”" in text(page)

    @pytest.mark.parametrize("scope", ["net-new", "total"])
    def test_only_contacts_have_it(self, as_member, team, scope):
        field = fill(Kind.NUMBER)
        page = people(as_member, team, f"scope={scope}&sort=field-{field.pk}")

        assert "it is sorted by name" in text(page)

    def test_a_field_that_is_gone_or_another_team_s_is_said(
        self, as_member, team, other_team
    ):
        make_contact()
        with team_scope(other_team.pk):
            theirs = make_field(Kind.NUMBER)
        for pk in (theirs.pk, 10**9):
            page = people(as_member, team, f"sort=field-{pk}")
            assert f"cannot be sorted by “field-{pk}”" in text(page)

    @pytest.mark.parametrize("kind", ASCENDING)
    def test_a_cursor_nobody_made_leads_to_the_first_page(self, as_member, team, kind):
        key = f"field-{fill(kind).pk}"
        for value in ("", "x", 5):
            cursor = encode_cursor(value=value, pk=1)
            page = people(as_member, team, f"sort={key}&cursor={cursor}")
            assert "That page does not exist" in text(page)
        for value in ("v", "vx", "vnan", "v1e999", "v" + "9" * 30, "v²", "e"):
            cursor = encode_cursor(value=value, pk=1)
            page = people(as_member, team, f"sort={key}&cursor={cursor}")
            assert page.status_code == 200


class TestOptions:
    def test_one_that_is_gone_counts_as_no_value(self, as_member, team):
        field = fill(Kind.PICKLIST)
        FieldOption.objects.filter(name="Gold").delete()
        page = people(as_member, team, f"sort=field-{field.pk}")

        shown = first_names([names(page)])
        assert shown[:4] == [n for n in expected_without_gold() if n]
        assert sorted(shown[4:]) == sorted([*EMPTY, "N2", "N3", "N4", "N5"])


def expected_without_gold():
    rows = ContactFieldValue.objects.select_related("contact").order_by("contact_id")
    by_option = dict(FieldOption.objects.values_list("pk", "name"))
    zinc, ash = (
        [
            r.contact.first_name
            for r in rows
            if by_option.get(r.option_ids[0]) == name
            and r.contact.first_name != "Deleted"
        ]
        for name in ("Zinc", "Ash")
    )
    return [*zinc, *ash]


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.PICKLIST])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("more", ["", "&city=Oslo"])
def test_the_profile_steps_through_the_list(as_member, team, way, kind, sign, more):
    """P9: previous and next are those of the list, also where values end."""
    field = fill(kind)
    query = f"sort={sign}field-{field.pk}{more}"
    rows = people(as_member, team, query).context["page"].rows
    border = len(rows) - len(EMPTY)

    for place in (0, border - 1, border):
        one, other = rows[place], rows[place + 1]
        assert f"/contacts/{other.pk}/?" in as_member.get(one.href).text
        assert f"/contacts/{one.pk}/?" in as_member.get(other.href).text
