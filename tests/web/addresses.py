"""Every address of the site, with sample arguments: what the tests of access walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

SAMPLES: dict[str, Any] = {"code": "9901", "org": "440703002"}
"""Argument → a value that exists, where its kind alone does not say one."""
BY_KIND = {"IntConverter": 1, "StringConverter": "x", "SlugConverter": "x", "PathConverter": "x"}


@dataclass(frozen=True)
class Address:
    """One named address: who may open it (access.py) and what it takes."""

    name: str
    access: str
    kinds: dict[str, str] = field(hash=False)

    def path(self, **known: Any) -> str:
        """The address with its arguments: `known` by name or by kind ("uuid"), else samples."""
        values = {}
        for name, kind in self.kinds.items():
            short = kind.removesuffix("Converter").lower()
            values[name] = known.get(name, known.get(short, SAMPLES.get(name, BY_KIND.get(kind))))
        return reverse(self.name, kwargs=values)


def walk(patterns: Any = None) -> Iterator[URLPattern]:
    """Every pattern below the root."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns)
        else:
            yield pattern


def addresses() -> list[Address]:
    """Every address."""
    return [
        Address(
            str(pattern.name),
            getattr(pattern.callback, "gugan_access", ""),
            {name: type(kind).__name__ for name, kind in pattern.pattern.converters.items()},
        )
        for pattern in walk()
    ]
