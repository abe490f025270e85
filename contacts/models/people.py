"""Persons of the directory."""

from typing import Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from accounts.models import Organization
from contacts.models.search import SearchText


class PersonQuerySet(models.QuerySet):
    def search(self, text: SearchText) -> Self:
        """Persons with every fragment in name, title, company, e-mail or phone digits.

        person_search serves it.
        """
        return text.narrow(self)

    def similar_to(self, text: SearchText) -> Self:
        """Persons with a word similar to every fragment: typing errors are forgiven."""
        return text.narrow_to_similar(self)


class Person(models.Model):
    """A person of the directory, the installation-wide, read-only database of prospects."""

    key = models.CharField(
        max_length=64, unique=True
    )  # the loader's stable id of the row
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=201)
    name_sort = models.CharField(max_length=201, db_collation="C")  # fold(name)
    title = models.CharField(max_length=200, blank=True)
    title_sort = models.CharField(max_length=200, blank=True, db_collation="C")
    seniority = models.CharField(max_length=40, blank=True)
    department = models.CharField(max_length=80, blank=True)
    organization = models.ForeignKey(
        Organization, models.SET_NULL, null=True, blank=True, related_name="people"
    )
    company_sort = models.CharField(max_length=200, blank=True, db_collation="C")
    email = models.CharField(max_length=254, blank=True)
    phone = models.CharField(max_length=32, blank=True)  # E.164
    linkedin_url = models.CharField(max_length=500, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2
    time_zone = models.CharField(max_length=64, blank=True)
    search_text = models.TextField(
        default=""
    )  # folded name, title, company, e-mail and phone digits

    objects = PersonQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["name_sort", "id"], name="person_name"),
            models.Index(fields=["title_sort", "id"], name="person_title"),
            models.Index(fields=["company_sort", "id"], name="person_company"),
            GinIndex(OpClass("search_text", name="gin_trgm_ops"), name="person_search"),
            GinIndex(
                OpClass(Upper("city"), name="gin_trgm_ops"),
                OpClass(Upper("region"), name="gin_trgm_ops"),
                OpClass("country", name="text_ops"),
                name="person_location",
            ),
            models.Index(fields=["seniority"], name="person_seniority"),
            models.Index(fields=["department"], name="person_department"),
            models.Index(fields=["time_zone"], name="person_time_zone"),
        ]

    def __str__(self) -> str:
        return self.name
