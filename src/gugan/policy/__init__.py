"""The engine: reads packs and answers five verbs. It knows no Django, no database and no clock."""

from gugan.policy.catalogue import Catalogue, CodeTable, Column, Fact, Kind
from gugan.policy.errors import PolicyErrors, Problem
from gugan.policy.table import Period, Result, Stretch

__all__ = ["Catalogue", "CodeTable", "Column", "Fact", "Kind", "Period", "PolicyErrors", "Problem", "Result", "Stretch"]
