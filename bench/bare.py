"""The floor: the same rows as the product's pages, as plain HTML from plain Django views.

No middleware, no session, no permissions, no design: a contact with its addresses and 20
activities, and a table of 50 contacts.
"""

from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from activities.models import Activity
from contacts.models import Contact
from crm.tenancy.scope import team_scope

_CONTACT = """<!doctype html><title>{{ contact.name }}</title><h1>{{ contact.name }}</h1>
<p>{{ contact.title }}, {{ contact.account.name }}, {{ contact.stage.name }}, {{ contact.city }}</p>
<ul>{% for row in emails %}<li>{{ row.email }} {{ row.status }}</li>{% endfor %}</ul>
<ul>{% for row in phones %}<li>{{ row.number }}</li>{% endfor %}</ul>
{% for row in activities %}<article><h2>{{ row.subject }}</h2><p>{{ row.kind }} {{ row.occurred_at }}
{{ row.outcome }}</p><p>{{ row.body }}</p></article>{% endfor %}"""
_PEOPLE = """<!doctype html><title>People</title><table>{% for row in rows %}<tr><td>{{ row.name }}
<td>{{ row.title }}<td>{{ row.account.name }}<td>{{ row.stage.name }}<td>{{ row.last_activity_at }}
<td>{{ row.primary_email }}<td>{{ row.primary_phone }}{% endfor %}</table>"""
_django = engines["django"]
CONTACT, PEOPLE = _django.from_string(_CONTACT), _django.from_string(_PEOPLE)


def hello(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def contact(request: HttpRequest, team_id: int, pk: int) -> HttpResponse:
    with team_scope(team_id):
        found = Contact.objects.select_related("account", "stage").get(pk=pk)
        context = {
            "contact": found,
            "emails": found.emails.order_by("position"),
            "phones": found.phones.order_by("position"),
            "activities": Activity.objects.filter(contact=found).newest_first()[:20],
        }
        return HttpResponse(CONTACT.render(context))


def people(request: HttpRequest, team_id: int) -> HttpResponse:
    with team_scope(team_id):
        rows = Contact.objects.saved().select_related("account", "stage")
        rows = rows.order_by("name_sort", "pk")[:50]
        return HttpResponse(PEOPLE.render({"rows": rows}))


urlpatterns = [
    path("healthz", hello),
    path("<int:team_id>/contacts/<int:pk>/", contact),
    path("<int:team_id>/people/", people),
]
