"""Which heading of a file means what: those of our own exports and fields, and of other products."""

import re
from collections.abc import Iterable, Sequence

from accounts.queries import account_fields
from contacts.models import ContactEmail, ContactPhone
from contacts.queries.export_columns import (
    ACCOUNT_COLUMNS,
    HEADINGS,
    custom_mark,
    words,
)
from contacts.queries.fields import contact_fields, of_account
from contacts.services.importing.targets import (
    ACCOUNT,
    COLUMNS,
    COMPANY,
    DOMAIN,
    EMAIL,
    OWNER,
    PHONE,
    RECORD,
    SKIP,
    STAGE,
    is_single,
    key_of,
    name_of,
)
from layouts.models import CustomField


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
            key, name = key_of(field), name_of(field)
            self.exact.setdefault(name.strip().casefold(), key)
            # Of names without a Latin letter nothing is left.
            if said := words(name):
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
        **{
            words(str(of_account(account_fields()[key].label))): f"{ACCOUNT}{key}"
            for key in ACCOUNT_COLUMNS
        },
    }


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
    account__industry="industry|company industry|account industry|organization industry|branche",
    account__headcount="headcount|employees|number of employees|no of employees|num employees"
    "|company size|company headcount|account employees|employee count|account headcount",
    account__phone="company phone|company phone number|account phone|organization phone",
    account__city="company city|account city|organization city|billing city",
    account__region="company state|company region|account state|organization state"
    "|account state or region|billing state province|billing state",
    account__country="company country|account country|organization country|billing country",
    github_url="github|github url|github profile|github username",
    website="website|web page|webpage|homepage|home page|personal website|personal web page"
    "|web site|website 1 value",
    external_id="id|record id|external id|contact id|id in another system|bioguide id"
    "|apollo contact id|salesforce id|salesforce contact id|hubspot id|crm id|lead id"
    "|person id|customer id|contact id 18",
)
