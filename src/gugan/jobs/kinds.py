"""What can be done as a job: a room above declares each kind in its `work.py`, which is found by itself.

    @work("核算工资", refusals=(RunError, NotAllowed))
    def compute_month(doing: Doing, *, payer: str, month: str) -> None:
        found = services.run(payer=payer, month=month, by=doing.by, now=doing.now, progress=doing.tell, …)

A kind keeps nothing unless it ends well: it writes in one transaction and calls `doing.finish` inside it, so that what
was done and that it was done are one. `refusals` are errors whose words are for the user and name no person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of work: the function that does it, and the errors that are an answer to the user."""

    name: str
    do: Callable[..., Any]
    refusals: tuple[type[Exception], ...]


_KINDS: dict[str, Kind] = {}


def work(name: str, *, refusals: tuple[type[Exception], ...] = ()) -> Callable[[Callable], Callable]:
    """Declare the decorated function as the kind `name`. Raises ValueError where there is another one of that name."""

    def declare(function: Callable) -> Callable:
        if name in _KINDS:
            raise ValueError(f"two kinds of work are named {name!r}")
        _KINDS[name] = Kind(name, function, refusals)
        return function

    return declare


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises LookupError."""
    if name not in _KINDS:
        raise LookupError(f"no kind of work is named {name!r}; known: {', '.join(_KINDS)}")
    return _KINDS[name]
