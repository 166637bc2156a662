"""Finding people by what a clerk types: a name or part of it, pinyin with or without spaces, initials, the last four."""

from __future__ import annotations

import re

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Replace

from gugan.accounts.queries import Scope
from gugan.records import queries
from gugan.records.models import Person
from gugan.web.lists import clean

LAST_FOUR = re.compile(r"\d{3}[\dXx]")


def find(scope: Scope, text: str) -> QuerySet[Person]:
    """Return the people in scope whom `text` fits, by workplace and name; everybody for an empty text."""
    found = queries.people(scope)
    text = clean(text)
    if not text:
        return found
    spelled = text.lower().replace(" ", "").replace("'", "")
    fits = Q(name__contains=text) | Q(initials__startswith=spelled) | Q(spelled__startswith=spelled)
    if LAST_FOUR.fullmatch(text):
        fits |= Q(id_last4=text.upper())
    return found.alias(spelled=Replace("pinyin", Value(" "), Value(""))).filter(fits)
