"""Contacts with their addresses."""

from datetime import UTC, datetime
from typing import Self

from django.apps import apps
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce, Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from contacts.models.people import Person
from contacts.models.search import SearchText
from contacts.models.stages import ContactStage
from crm.teams.models import Membership
from crm.tenancy.models import (
    TeamForeignKey,
    TeamManager,
    TeamModel,
    TeamQuerySet,
)
from layouts.models import FieldValuesQuerySet

# Sort key of a contact without any activity.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class ContactQuerySet(FieldValuesQuerySet):
    def saved(self) -> Self:
        """Contacts that are not deleted."""
        return self.filter(deleted_at=None)

    def deleted(self) -> Self:
        """Contacts in the bin; not those that were merged, whose record lives on in another."""
        return self.exclude(deleted_at=None).filter(merged_into=None)

    def merged(self) -> Self:
        """Contacts that became part of another one; contact_team_merged serves it."""
        return self.filter(merged_into__isnull=False)

    def deletable_by(self, member: Membership) -> Self:
        """Contacts that the member may delete and restore (product.md D5)."""
        if member.can("contacts.delete"):
            return self
        if member.can("contacts.delete_own"):
            return self.filter(Q(owner=member) | Q(owner=None))
        return self.none()

    def restorable_by(self, member: Membership) -> Self:
        """Contacts in the bin that the member may restore: whoever may delete one, or did."""
        if member.can("contacts.delete"):
            return self.deleted()
        if member.can("contacts.delete_own"):
            return self.deleted().filter(
                Q(owner=member) | Q(owner=None) | Q(deleted_by=member)
            )
        return self.none()

    def exportable_by(self, member: Membership) -> Self:
        """Contacts that the member may take out of the application as a file."""
        if member.can("contacts.export"):
            return self
        if member.can("contacts.export_own"):
            return self.filter(owner=member)
        return self.none()

    def reassignable_by(self, member: Membership) -> Self:
        """Contacts that the member may give another owner (product.md C12)."""
        return self.filter(member.gives_away())

    def search(self, text: SearchText) -> Self:
        """Contacts with every fragment in name, title, account, e-mails or phone digits.

        contact_team_search serves it.
        """
        return text.narrow(self)

    def similar_to(self, text: SearchText) -> Self:
        """Contacts with a word similar to every fragment: typing errors are forgiven."""
        return text.narrow_to_similar(self)

    def with_email_starting(self, email: str) -> Self:
        """Contacts with an address that starts like this; contact_email_once_per_team serves it."""
        addresses = ContactEmail.objects.filter(
            is_live=True, email_norm__startswith=email
        )
        return self.filter(pk__in=addresses.values("contact"))


ContactManager = TeamManager.from_queryset(ContactQuerySet)


class Contact(TeamModel):
    """A team's own, saved record of a person."""

    class Source(models.TextChoices):
        MANUAL = "manual", _("Added by hand")
        DIRECTORY = "directory", _("Saved from the directory")
        IMPORT = "import", _("Imported from a file")

    # Who
    first_name = models.CharField(_("First name"), max_length=100, blank=True)
    last_name = models.CharField(_("Last name"), max_length=100, blank=True)
    name = models.CharField(_("Name"), max_length=201, editable=False)  # "first last"
    title = models.CharField(_("Title"), max_length=200, blank=True)
    seniority = models.CharField(_("Seniority"), max_length=40, blank=True)
    department = models.CharField(_("Department"), max_length=80, blank=True)
    account = TeamForeignKey(
        Account,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        db_index=False,
    )
    person = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    external_id = models.CharField(
        _("ID in another system"), max_length=120, blank=True
    )

    # Where
    city = models.CharField(_("City"), max_length=120, blank=True)
    region = models.CharField(_("State or region"), max_length=120, blank=True)
    country = models.CharField(
        _("Country"), max_length=2, blank=True
    )  # ISO 3166-1 alpha-2
    address = models.CharField(_("Address"), max_length=300, blank=True)
    time_zone = models.CharField(
        _("Time zone"), max_length=64, blank=True
    )  # IANA name, set by hand

    # Links
    linkedin_url = models.CharField(_("LinkedIn"), max_length=500, blank=True)
    x_url = models.CharField(_("X"), max_length=500, blank=True)
    facebook_url = models.CharField(_("Facebook"), max_length=500, blank=True)
    github_url = models.CharField(_("GitHub"), max_length=500, blank=True)
    website = models.CharField(_("Website"), max_length=500, blank=True)

    # Record
    stage = TeamForeignKey(
        ContactStage, models.PROTECT, related_name="+", db_index=False
    )
    owner = TeamForeignKey(
        Membership,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    source = models.CharField(
        _("Source"), max_length=12, choices=Source, default=Source.MANUAL
    )
    source_detail = models.CharField(
        max_length=200, blank=True
    )  # such as the name of the imported file
    last_activity_at = models.DateTimeField(_("Last activity"), null=True, blank=True)
    created_at = models.DateTimeField(_("Created"))
    created_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(
        default=1, editable=False
    )  # grows with every change; detects conflicts
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    deleted_by = TeamForeignKey(
        Membership, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # The contact this one became part of, never one that was merged itself: links to this one lead there.
    merged_into = TeamForeignKey(
        "self",
        models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
    )

    # Kept by services for lists and searches; see contacts.services.indexing
    name_sort = models.CharField(max_length=201, db_collation="C", editable=False)
    title_sort = models.CharField(
        max_length=200, db_collation="C", editable=False, default=""
    )
    account_sort = models.CharField(
        max_length=200, db_collation="C", editable=False, default=""
    )
    primary_email = models.CharField(max_length=254, editable=False, default="")
    primary_phone = models.CharField(
        max_length=40, editable=False, default=""
    )  # E.164, or as typed
    search_text = models.TextField(editable=False, default="")
    activity_key = models.GeneratedField(
        expression=Coalesce("last_activity_at", models.Value(NEVER)),
        output_field=models.DateTimeField(),
        db_persist=True,
    )

    objects = ContactManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "id"], name="contact_team_id"),
            models.UniqueConstraint(
                fields=["team", "person"],
                condition=Q(deleted_at=None, person__isnull=False),
                name="contact_person_once_per_team",
            ),
            models.UniqueConstraint(
                fields=["team", "external_id"],
                condition=Q(deleted_at=None) & ~Q(external_id=""),
                name="contact_external_id_once_per_team",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(deleted_at__isnull=False),
                name="contact_merged_is_deleted",
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "name_sort", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_name",
            ),
            models.Index(
                fields=["team", "title_sort", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_title",
            ),
            models.Index(
                fields=["team", "account_sort", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_account_sort",
            ),
            models.Index(
                fields=["team", "activity_key", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_activity",
            ),
            models.Index(
                fields=["team", "created_at", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_created",
            ),
            models.Index(
                fields=["team", "stage", "name_sort", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_stage",
            ),
            models.Index(
                fields=["team", "owner", "name_sort", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_owner",
            ),
            # The two are asked for together, and then counted without a look at the rows.
            models.Index(
                fields=["team", "owner", "stage", "id"],
                condition=Q(deleted_at=None),
                name="contact_team_owner_stage",
            ),
            models.Index(fields=["team", "account", "id"], name="contact_team_account"),
            models.Index(
                fields=["team", "linkedin_url"],
                condition=~Q(linkedin_url=""),
                name="contact_team_linkedin",
            ),
            models.Index(
                fields=["team", "deleted_at", "id"],
                condition=Q(deleted_at__isnull=False),
                name="contact_team_deleted",
            ),
            models.Index(
                fields=["team", "merged_into"],
                condition=Q(merged_into__isnull=False),
                name="contact_team_merged",
            ),
            GinIndex(
                OpClass("team_id", name="int8_ops"),
                OpClass("search_text", name="gin_trgm_ops"),
                name="contact_team_search",
            ),
            # Behind the filters of the list of people
            GinIndex(
                OpClass("team_id", name="int8_ops"),
                OpClass(Upper("city"), name="gin_trgm_ops"),
                OpClass(Upper("region"), name="gin_trgm_ops"),
                OpClass("country", name="text_ops"),
                name="contact_team_location",
            ),
            models.Index(
                fields=["team", "name_sort", "id"],
                condition=Q(deleted_at=None, primary_email=""),
                name="contact_team_no_email",
            ),
            models.Index(
                fields=["team", "name_sort", "id"],
                condition=Q(deleted_at=None, primary_phone=""),
                name="contact_team_no_phone",
            ),
            models.Index(
                fields=["team", "seniority"],
                condition=Q(deleted_at=None),
                name="contact_team_seniority",
            ),
            models.Index(
                fields=["team", "department"],
                condition=Q(deleted_at=None),
                name="contact_team_department",
            ),
            models.Index(
                fields=["team", "time_zone"],
                condition=Q(deleted_at=None),
                name="contact_team_time_zone",
            ),
            models.Index(
                fields=["team", "source", "source_detail"],
                condition=Q(deleted_at=None),
                name="contact_team_source",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse(
            "contacts:contact_detail",
            kwargs={"team_slug": self.team.slug, "contact_id": self.pk},
        )

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_merged(self) -> bool:
        return self.merged_into_id is not None

    def is_reassignable_by(self, member: Membership) -> bool:
        """Return whether the member may give the contact another owner (product.md C12)."""
        return member.may_give_away(self.owner)

    def is_deletable_by(self, member: Membership) -> bool:
        """The same rule as ContactQuerySet.deletable_by, for a row at hand."""
        if member.can("contacts.delete"):
            return True
        is_own = self.owner_id in (None, member.pk)
        return is_own and member.can("contacts.delete_own")

    @property
    def location(self) -> str:
        """City, region and country in one line."""
        return ", ".join(
            part for part in (self.city, self.region, self.country) if part
        )


class EmailQuerySet(TeamQuerySet):
    def sendable(self) -> Self:
        """Addresses that mail may go to (product.md C13).

        Not of deleted contacts, not known to be bad, and not flagged as inaccurate: a flag counts
        until it is cleared, or the address is another one.
        """
        bad = [ContactEmail.Status.INVALID, ContactEmail.Status.BOUNCED]
        # By its name: the model of flags refers to this one.
        flags = apps.get_model("contacts", "ContactFlag").objects.open()
        here = flags.filter(email=OuterRef("pk"), value=OuterRef("email_norm"))
        return self.filter(~Exists(here), is_live=True).exclude(status__in=bad)


EmailManager = TeamManager.from_queryset(EmailQuerySet)


class ContactEmail(TeamModel):
    """An e-mail address of a contact; the first by position is the primary one."""

    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        PERSONAL = "personal", _("Personal")
        OTHER = "other", _("Other")

    class Status(models.TextChoices):
        UNKNOWN = "unknown", _("Not checked")
        VERIFIED = "verified", _("Verified")
        LIKELY = "likely", _("Likely")
        INVALID = "invalid", _("Invalid")
        BOUNCED = "bounced", _("Bounced")

    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="emails", db_index=False
    )
    email = models.CharField(_("E-mail"), max_length=254)  # as typed
    email_norm = models.CharField(max_length=254, db_collation="C")  # lower case
    kind = models.CharField(_("Type"), max_length=8, choices=Kind, default=Kind.WORK)
    status = models.CharField(
        _("Status"), max_length=8, choices=Status, default=Status.UNKNOWN
    )
    status_at = models.DateTimeField(null=True, blank=True)
    status_source = models.CharField(max_length=80, blank=True)  # who or what said so
    position = models.PositiveSmallIntegerField(default=0)
    # Off while the contact is in the bin: then the address may belong to another contact.
    is_live = models.BooleanField(default=True)

    objects = EmailManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "email_norm"],
                condition=Q(is_live=True),
                name="contact_email_once_per_team",
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="contact_email_team_id"
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "contact", "position"],
                name="contact_email_team_contact",
            ),
            models.Index(fields=["team", "status"], name="contact_email_team_status"),
            models.Index(
                fields=["team", "email_norm"],
                condition=Q(is_live=False),
                name="contact_email_team_binned",
            ),
        ]

    def __str__(self) -> str:
        return self.email


class ContactPhone(TeamModel):
    """A phone number of a contact; the first by position is the primary one."""

    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        MOBILE = "mobile", _("Mobile")
        HOME = "home", _("Home")
        OTHER = "other", _("Other")

    contact = TeamForeignKey(
        Contact, models.CASCADE, related_name="phones", db_index=False
    )
    number = models.CharField(_("Phone"), max_length=40)  # E.164, "+12022243441"
    extension = models.CharField(_("Extension"), max_length=12, blank=True)
    kind = models.CharField(_("Type"), max_length=8, choices=Kind, default=Kind.WORK)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "contact", "number", "extension"],
                name="contact_phone_once_per_contact",
            ),
            models.UniqueConstraint(
                fields=["team", "id"], name="contact_phone_team_id"
            ),
        ]
        indexes = [
            models.Index(fields=["team", "number"], name="contact_phone_team_number")
        ]

    def __str__(self) -> str:
        return self.number
