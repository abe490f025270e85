"""What a column of a file can become, and which heading means what."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from contacts.models import ContactEmail, ContactPhone
from contacts.queries.export_columns import HEADINGS, custom_mark, words
from contacts.queries.fields import GROUPS, contact_fields
from layouts.models import CustomField

SKIP = ""
NAME, COMPANY, DOMAIN = "full_name", "company", "company_domain"
RECORD = "record"  # our own id of a contact, as exports have it
STAGE, OWNER = "stage", "owner"  # by their names
EMAIL, PHONE, CUSTOM, NEW = "email:", "phone:", "custom:", "new:"

# Columns of a contact that a file may fill; everything else belongs to the system.
COLUMNS = (
    "first_name",
    "last_name",
    "title",
    "seniority",
    "department",
    "external_id",
    "city",
    "region",
    "country",
    "address",
    "time_zone",
    "linkedin_url",
    "x_url",
    "facebook_url",
    "github_url",
    "website",
)


# What a column can become that no field of the team takes yet: a picklist needs its options first.
NEW_KINDS = tuple(
    kind
    for kind in CustomField.Kind
    if kind not in (CustomField.Kind.PICKLIST, CustomField.Kind.MULTI_PICKLIST)
)


@dataclass(frozen=True)
class Target:
    """A place that a column's values can go to."""

    key: str  # stored in mappings
    label: Any
    group: str  # key of contacts.queries.fields.GROUPS

    @property
    def is_multiple(self) -> bool:
        """Whether several columns may lead to it."""
        return self.key.startswith((EMAIL, PHONE))


@cache
def fixed_targets() -> dict[str, Target]:
    """Return the targets that every team has, in the order they are offered."""
    fields = contact_fields()
    contact = "contact"
    listed = [
        Target(NAME, _("Full name"), contact),
        *(_of_field(key, fields) for key in ("first_name", "last_name")),
        *(
            Target(f"{EMAIL}{kind.value}", _typed(_("E-mail"), kind.label), contact)
            for kind in ContactEmail.Kind
        ),
        *(
            Target(f"{PHONE}{kind.value}", _typed(_("Phone"), kind.label), contact)
            for kind in ContactPhone.Kind
        ),
        Target(COMPANY, _("Company"), "employment"),
        Target(DOMAIN, _("Company website"), "employment"),
        *(_of_field(key, fields) for key in COLUMNS[2:]),
        *(_of_field(key, fields) for key in (STAGE, OWNER)),
        Target(RECORD, _("Rapport ID"), "crm"),
    ]
    listed.sort(key=lambda target: list(GROUPS).index(target.group))
    return {target.key: target for target in listed}


def _of_field(key: str, fields: Mapping[str, Any]) -> Target:
    return Target(key, fields[key].label, fields[key].group)


def _typed(one: Any, kind: Any) -> Any:
    return format_lazy("{} ({})", one, kind)


def choices(fields: Iterable[CustomField], *, may_create: bool) -> list[Any]:
    """Return the choices of a column's select, in groups."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for target in fixed_targets().values():
        grouped.setdefault(str(GROUPS[target.group]), []).append(
            (target.key, str(target.label))
        )
    listed: list[Any] = [(SKIP, gettext("Do not import")), *grouped.items()]
    own = [(f"{CUSTOM}{field.pk}", field.name) for field in fields]
    if own:
        listed.append((gettext("Custom fields"), own))
    if may_create:
        new = [(f"{NEW}{kind.value}", str(kind.label)) for kind in NEW_KINDS]
        listed.append((gettext("Create custom field"), new))
    return listed


def label_of(key: str, fields: Mapping[int, CustomField]) -> str:
    """Return what people call a target."""
    if key.startswith(CUSTOM):
        return str(fields[int(key.removeprefix(CUSTOM))])
    target = fixed_targets().get(key)
    return str(target.label) if target else ""


def is_single(key: str) -> bool:
    """Return whether only one column may become this."""
    return bool(key) and not key.startswith((EMAIL, PHONE, NEW))


def guess(
    headings: Sequence[str],
    samples: Sequence[Sequence[str]],
    fields: Iterable[CustomField],
) -> list[str]:
    """Return the target that each heading names, "" where it names none.

    Of several columns that name the same single field, the first gets it. `samples` are the first
    values of each column.
    """
    own = _OwnFields(fields)
    ours = _of_exports() if RECORD in map(_SYNONYMS.get, map(words, headings)) else {}
    found: list[str] = []
    for number, heading in enumerate(headings):
        said = words(heading)
        key = ours.get(said)
        if key is None:
            key = own.named(heading) or _SYNONYMS.get(said, SKIP)
            key = key or _by_values(samples[number])
        if not key and number == 0 and re.search(r"(^| )id$", said):
            key = "external_id"
        found.append(key if key and not (is_single(key) and key in found) else SKIP)
    return found


class _OwnFields:
    """The team's own fields by the headings that name them."""

    def __init__(self, fields: Iterable[CustomField]) -> None:
        self.exact: dict[str, str] = {}
        self.alike: dict[str, str] = {}
        for field in fields:
            key = f"{CUSTOM}{field.pk}"
            self.exact.setdefault(field.name.strip().casefold(), key)
            # Of names without a Latin letter nothing is left.
            if said := words(field.name):
                self.alike.setdefault(said, key)

    def named(self, heading: str) -> str:
        """Return the key of the field that a heading names, by its very name before a similar one."""
        name = heading.strip().casefold()
        unmarked = name.removesuffix(custom_mark().casefold())
        return (
            self.exact.get(name)
            or self.exact.get(unmarked)
            or self.alike.get(words(heading), SKIP)
        )


def _of_exports() -> dict[str, str]:
    """Return what the headings of our own exports mean; SKIP for what the system keeps."""
    fields = contact_fields()
    return {
        **{words(str(label)): SKIP for label in HEADINGS.values()},
        **{words(str(fields[key].label)): key for key in (*COLUMNS, STAGE, OWNER)},
        words(str(HEADINGS["record"])): RECORD,
        words(str(HEADINGS["emails"])): f"{EMAIL}{ContactEmail.Kind.WORK}",
        words(str(HEADINGS["phones"])): f"{PHONE}{ContactPhone.Kind.WORK}",
        words(str(HEADINGS["account"])): COMPANY,
        words(str(HEADINGS["domain"])): DOMAIN,
    }


def still_there(mapping: Iterable[str], fields: Iterable[CustomField]) -> list[str]:
    """Return what an earlier file's columns became, "" where that is no more."""
    known = {*fixed_targets(), *(f"{CUSTOM}{field.pk}" for field in fields)}
    return [key if key in known else SKIP for key in mapping]


def _by_values(values: Sequence[str]) -> str:
    filled = [value for value in values if value.strip()]
    if filled and all("linkedin.com/in/" in value for value in filled):
        return "linkedin_url"
    return SKIP


def _spread(**headings: str) -> dict[str, str]:
    return {
        heading.strip(): key.replace("__", ":")
        for key, listed in headings.items()
        for heading in listed.split("|")
    }


# As exports of Apollo, HubSpot, Salesforce, Pipedrive, Google Contacts, Outlook and LinkedIn call them.
_SYNONYMS = _spread(
    record="rapport id",
    full_name="full name|nom complet|nombre completo|vollstandiger name|person full name"
    "|name|contact name|display name|fullname|person name|contact",
    first_name="first name|firstname|given name|forename|first|vorname|prenom|nombre|person first name",
    last_name="last name|lastname|surname|family name|last|nachname|nom|apellido|apellidos|person last name",
    title="title|job title|jobtitle|position|role|occupation|person title|person job title"
    "|organization title|organization 1 title|funktion|berufsbezeichnung|poste|cargo|puesto",
    seniority="seniority|seniority level|management level",
    department="department|departments|organization department|organization 1 department",
    company="company|company name|organization|organisation|organization name|account"
    "|account name|employer|current company|organization 1 name|person organization|firma"
    "|unternehmen|entreprise|societe|empresa",
    company_domain="company website|company domain|company domain name|company url|domain"
    "|website url|account website|organization website|company website url|account domain",
    email__work="email|e mail|emails|e mails|email address|e mail address|mail|work email|business email"
    "|primary email|email 1|email 2|e mail 1 value|e mail 2 value|e mail 2 address"
    "|e mail 3 address|secondary email|tertiary email|person email work|work email address"
    "|e mail adresse|adresse e mail|courriel|correo|correo electronico",
    email__personal="personal email|home email|private email|person email home",
    email__other="other email|additional email|person email other",
    phone__work="phone|phones|phone number|telephone|tel|work phone|business phone|office phone"
    "|work direct phone|direct phone|primary phone|phone 1 value|phone 2 value|telefon"
    "|business phone 2|corporate phone|person phone work|work phone number"
    "|telefon geschaftlich|telefono",
    phone__mobile="mobile|mobile phone|cell|cell phone|mobile phone number|mobile number"
    "|person phone mobile|handy|mobilephone|mobiltelefon|telephone portable|movil",
    phone__home="home phone|homephone|home phone 2|person phone home|home phone number",
    phone__other="other phone|otherphone|person phone other|assistant phone",
    city="city|town|mailing city|business city|home city|person city|address 1 city|stadt|ort|ville|ciudad"
    "|mailingcity",
    region="state|region|province|state region|state province|mailing state|business state"
    "|home state|person state|address 1 region|mailing state province|state or region|county"
    "|mailingstate|bundesland",
    country="country|country region|mailing country|business country region|person country"
    "|home country region|address 1 country|land|pays|pais|mailingcountry",
    address="address|street|street address|office address|mailing address|mailing street"
    "|business street|home street|address 1 street|postal address|adresse"
    "|mailingstreet|direccion",
    time_zone="time zone|timezone",
    linkedin_url="linkedin|linkedin url|linkedin profile|linkedin profile url"
    "|person linkedin url|linkedin link|linkedin bio",
    x_url="twitter|twitter url|twitter handle|twitter username|x|x url|x handle|x twitter",
    facebook_url="facebook|facebook url|facebook profile",
    stage="stage|contact stage|lead status",
    owner="owner|contact owner|owner name|record owner|lead owner|person owner|owner e mail|owner email",
    github_url="github|github url|github profile|github username",
    website="website|web page|webpage|homepage|home page|personal website|personal web page"
    "|web site|website 1 value",
    external_id="id|record id|external id|contact id|id in another system|bioguide id"
    "|apollo contact id|salesforce id|salesforce contact id|hubspot id|crm id|lead id"
    "|person id|customer id|contact id 18",
)
