"""The currencies of ISO 4217 that some country pays in today."""

from babel.core import get_global
from babel.numbers import get_territory_currencies

CURRENCIES = tuple(
    sorted(
        {
            code
            for territory in get_global("territory_currencies")
            for code in get_territory_currencies(territory)
        }
    )
)
