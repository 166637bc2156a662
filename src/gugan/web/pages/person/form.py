"""The form of one kind: 生效日, 依据 and a field for each of its facts."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from gugan import policy
from gugan.accounts import sealing
from gugan.records import facts as fact_checks
from gugan.records import queries
from gugan.records.models import Org
from gugan.web.pages.person.reading import View

MOST_PLACES = 600
YEARS = range(1900, 2200)


class EntryForm(forms.Form):
    """Effective day, basis, and the facts of one kind; what a fact takes is said by the ledger's own checks."""

    on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"],
    )
    unknown = forms.BooleanField(required=False)
    basis = forms.CharField(max_length=200, strip=True)
    once = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, kind: policy.Kind, view: View, line: queries.HistoryLine | None = None, data: Any = None):
        initial: dict[str, Any] = {"once": secrets.token_hex(16)}
        if line is not None:
            initial |= {"on": line.note.effective_on, "unknown": line.note.date_unknown}
        super().__init__(data, initial=initial)
        self.kind, self.view, self.line = kind, view, line
        self.field_of = {fact.name: f"fact{number}" for number, fact in enumerate(kind.facts.values())}
        own = self.fields
        own["on"].label, own["on"].help_text = _("生效日"), _("这件事从哪天起算数，如 2026-10-31")
        own["on"].error_messages = {"required": _("请写生效日"), "invalid": _("这个日子读不懂，写作 2026-10-31")}
        own["unknown"].label = _("具体哪天不清楚")
        own["basis"].label, own["basis"].help_text = _("依据"), _("凭什么记，如：毕业证书扫描件")
        own["basis"].error_messages = {"required": _("请写依据"), "max_length": _("依据太长，至多 200 字")}
        for fact in kind.facts.values():
            stood = line.facts.get(fact.name) if line else None
            own[self.field_of[fact.name]] = _field(fact, view, stood)

    @property
    def asked(self) -> list[Any]:
        """The fields of the facts."""
        return [self[name] for name in self.field_of.values()]

    def facts(self) -> dict[str, Any]:
        """The facts as the ledger takes them; what is left blank is absent, a sealed value left blank stays."""
        found: dict[str, Any] = {}
        for fact in self.kind.facts.values():
            typed = str(self.data.get(self.field_of[fact.name], "")).strip()
            stood = self.line.facts.get(fact.name) if self.line else None
            if typed:
                found[fact.name] = {"是": True, "否": False}.get(typed, typed) if fact.type == "是否" else typed
            elif isinstance(stood, dict):
                found[fact.name] = sealing.open_facts([(fact.path, stood)])[0]
        return found

    def clean(self) -> dict[str, Any]:
        """Check the facts too, so that everything wrong is said at once; nobody is sent where one may not act."""
        data = super().clean() or {}
        day = data.get("on")
        if day is not None and day.year not in YEARS:
            self.add_error("on", _("{day} 的年份不合理").format(day=day))
        facts = self.facts()
        codes = {str(facts[f.name]) for f in self.kind.facts.values() if f.type == "机构" and f.name in facts}
        orgs = set(Org.objects.filter(code__in=codes).values_list("code", flat=True)) if codes else set()
        for name, problem in fact_checks.check(self.kind, facts, orgs)[1]:
            self.add_error(self.field_of.get(name), problem)
        for fact in self.kind.facts.values():
            code = facts.get(fact.name)
            if fact.type == "机构" and code in orgs and not self.view.request.scope.allows("import", str(code)):
                stood = self.line.facts.get(fact.name) if self.line else None
                if code not in (stood, self.view.person.payer_code):
                    self.add_error(self.field_of[fact.name], _("您不能往这里记人"))
        return data

    def full_clean(self) -> None:
        """Say at the field that it is wrong, for those who do not see it."""
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"


def _field(fact: policy.Fact, view: View, stood: Any) -> forms.Field:
    """The field of one fact; it takes any text, since the ledger says what is wrong with it."""
    hint, widget = "", forms.TextInput(attrs={"autocomplete": "off"})
    initial: Any = stood
    if fact.type == "代码":
        widget = forms.Select(
            choices=[("", "—"), *((label, label) for label in (fact.table.labels if fact.table else ()))]
        )
    elif fact.type == "是否":
        widget = forms.Select(choices=[("", "—"), ("是", _("是")), ("否", _("否"))])
        initial = None if stood is None else "是" if stood else "否"
    elif fact.type == "日期":
        widget = forms.DateInput(attrs={"type": "date"})
    elif fact.type == "月份":
        widget, hint = forms.TextInput(attrs={"type": "month"}), _("写作 2026-10")
    elif fact.type == "机构":
        places = _places(view, str(stood or ""))
        if places:
            widget = forms.Select(choices=[("", "—"), *places])
    elif fact.type in ("数", "年"):
        widget.attrs["inputmode"] = "decimal"
        hint = _("单位：{unit}").format(unit=fact.unit) if fact.unit else ""
    if fact.sealed:
        hint = _("加密保存；不填就不变") if isinstance(stood, dict) else _("加密保存，页面上只显示后四位")
        initial = None
    return forms.CharField(label=fact.name, required=False, help_text=hint, widget=widget, initial=initial)


def _places(view: View, stood: str) -> list[tuple[str, str]]:
    """The organisations that may be named, or [] where there are too many to choose from."""
    found = Org.objects.filter(closed_on=None).order_by("code").values_list("code", "name")[: MOST_PLACES * 4]
    allows = view.request.scope.allows
    kept = {stood, view.person.payer_code, view.person.workplace_code}
    places = [(code, f"{name} {code}") for code, name in found if code in kept or allows("import", code)]
    return places if len(places) <= MOST_PLACES else []
