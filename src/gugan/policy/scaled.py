"""Exact numbers as operations of a plan: a whole number × 10**−scale ÷ a positive denominator, and whether it is known.

The same arithmetic as Fraction in interpret.py, with nothing rounded on the way: scales are aligned by multiplying, and
a division waits as a denominator for the rounding word or the comparison around it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

from gugan.policy.plan import Plan


@dataclass(frozen=True)
class Val:
    """An answer in a plan. value, known: operations. A number is value ÷ den ÷ 10**scale; den is an operation too.

    Dates are days since encode.EPOCH; labels are their places in the code table; years are yearly results.
    """

    value: int
    known: int
    scale: int = 0
    den: int | None = None


def rescaled(plan: Plan, val: Val, scale: int) -> Val:
    """Return the same number at a larger scale."""
    return replace(val, value=plan.scaled(val.value, scale - val.scale), scale=scale) if scale != val.scale else val


def over_one(plan: Plan, a: Val, b: Val) -> tuple[Val, Val]:
    """Bring two numbers to one scale and one denominator (still carried by both)."""
    scale = max(a.scale, b.scale)
    a, b = rescaled(plan, a, scale), rescaled(plan, b, scale)
    if a.den == b.den:
        return a, b
    a_den, b_den = plan.one if a.den is None else a.den, plan.one if b.den is None else b.den
    x, y = plan.value(a_den), plan.value(b_den)
    if x is not None and y is not None:
        common = x * y // gcd(x, y)
        a_up, b_up, den = plan.const(common // x), plan.const(common // y), plan.const(common)
    else:
        a_up, b_up, den = b_den, a_den, plan.mul(a_den, b_den)
    return (
        replace(a, value=plan.mul(a.value, a_up), den=den),
        replace(b, value=plan.mul(b.value, b_up), den=den),
    )


def add(plan: Plan, a: Val, b: Val, minus: bool = False) -> Val:
    """a + b, or a − b."""
    a, b = over_one(plan, a, b)
    value = plan.sub(a.value, b.value) if minus else plan.add(a.value, b.value)
    return replace(a, value=value, known=plan.both(a.known, b.known))


def multiply(plan: Plan, a: Val, b: Val) -> Val:
    """a × b; the scales add up."""
    den = a.den if b.den is None else b.den if a.den is None else plan.mul(a.den, b.den)
    return Val(plan.mul(a.value, b.value), plan.both(a.known, b.known), a.scale + b.scale, den)


def divide(plan: Plan, a: Val, b: Val, nonzero: int) -> Val:
    """a ÷ b, exactly, as a denominator; nothing can be said where not `nonzero`."""
    low, high = plan.range(b.value)
    top, bottom = a.value, b.value
    if low <= 0:
        negative = plan.lt(b.value, plan.zero)
        top = plan.select(negative, plan.sub(plan.zero, top), top)
        bottom = plan.select(negative, plan.sub(plan.zero, bottom), bottom)
        if low <= 0 <= high:
            bottom = plan.max(bottom, plan.one)
    up, scale = max(b.scale - a.scale, 0), max(a.scale - b.scale, 0)
    if b.den is not None:
        top = plan.mul(top, b.den)
    if a.den is not None:
        bottom = plan.mul(bottom, a.den)
    factor, den = 10**up, plan.value(bottom)
    if den is not None:
        common = gcd(factor, den)
        factor, bottom = factor // common, plan.const(den // common)
    top = plan.mul(top, plan.const(factor))
    known = plan.both(a.known, b.known, nonzero)
    return Val(top, known, scale, None if plan.value(bottom) == 1 else bottom)


def round_to(plan: Plan, val: Val, per: int, mode: str) -> Val:
    """Round to 1/per (100, 10 or 1), symmetric about zero; the denominator goes.

    With d the denominator: halves away from zero are ⌊(x + ⌊d/2⌋) ÷ d⌋ for x ≥ 0, and one less before dividing for x < 0
    where d is even. The range says which forms are needed.
    """
    digits = len(str(per)) - 1
    val = rescaled(plan, val, max(val.scale, digits))
    if val.den is None and val.scale == digits:
        return val
    x, d = val.value, plan.const(10 ** (val.scale - digits))
    if val.den is not None:
        d = plan.mul(d, val.den)
    less = plan.sub(d, plan.one)
    half = plan.div(d, plan.const(2))
    up = {"四舍五入": half, "进": less, "去尾": plan.zero}[mode]
    up_below = {"四舍五入": plan.sub(less, half), "进": plan.zero, "去尾": less}[mode]
    extra = plan.select(plan.lt(x, plan.zero), up_below, up)
    return Val(plan.div(plan.add(x, extra), d), val.known, digits)


def choose(plan: Plan, condition: int, a: Val, b: Val, numeric: bool) -> Val:
    """a where the condition holds, else b; known where the chosen side is."""
    if numeric:
        a, b = over_one(plan, a, b)
    known = plan.select(condition, a.known, b.known)
    return replace(a, value=plan.select(condition, a.value, b.value), known=known)


def extreme(plan: Plan, a: Val, b: Val, highest: bool) -> Val:
    """The higher or lower of two numbers or dates."""
    a, b = over_one(plan, a, b)
    pick = plan.max if highest else plan.min
    return replace(a, value=pick(a.value, b.value), known=plan.both(a.known, b.known))
