"""The forms of what can be done to an organisation: a day, what it rests on, and what the act needs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from gugan.records import orgs
from gugan.records.models import Org
from gugan.records.places import COMMUNITY
from gugan.web.access import Request

YEARS = range(1950, 2101)
FIELD_OF = {
    "名称": "name", "代码": "code", "类别": "kind", "并入": "into", "原因": "reason", "人数": "number", "标准": "standard",
}  # fmt: skip


class ActForm(forms.Form):
    """Effective day and basis; subclasses say what else. `rest` is what goes to the service."""

    on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"],
    )
    basis = forms.CharField(max_length=200, strip=True)
    field_order = ("name", "kind", "code", "into", "number", "standard", "reason", "on", "basis")

    def __init__(self, request: Request, org: Org, data: Any = None):
        # back from the page of what follows, the address still holds what was typed
        super().__init__(data, initial=request.GET.dict())
        self.request, self.org = request, org
        own = self.fields
        own["on"].label, own["on"].help_text = _("生效日"), _("从哪天起算数，如 2026-11-01")
        own["on"].error_messages = {"required": _("请写生效日"), "invalid": _("这个日子读不懂，写作 2026-11-01")}
        own["basis"].label, own["basis"].help_text = _("依据"), _("凭什么办，如：区政府批复文号")
        own["basis"].error_messages = {"required": _("请写依据"), "max_length": _("依据太长，至多 200 字")}
        self.name_fields()

    def name_fields(self) -> None:
        """Give the fields of the act their words."""

    def clean_on(self) -> Any:
        """A day in this era."""
        day = self.cleaned_data["on"]
        if day.year not in YEARS:
            raise forms.ValidationError(_("{day} 的年份不合理").format(day=day))
        return day

    @property
    def rest(self) -> dict[str, Any]:
        """What the act needs besides the day and the basis."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("on", "basis")}

    def full_clean(self) -> None:
        """Say at the field that it is wrong, for those who do not see it."""
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                self.fields[name].widget.attrs["aria-invalid"] = "true"


class NameForm(ActForm):
    """A new name."""

    name = forms.CharField(max_length=orgs.LONGEST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def name_fields(self) -> None:
        """The name."""
        field = self.fields["name"]
        field.label = _("新名称")
        long = _("名称至多 {count} 字").format(count=orgs.LONGEST_NAME)
        field.error_messages = {"required": _("请写名称"), "max_length": long}


class AddForm(NameForm):
    """A new community."""

    kind = forms.ChoiceField(choices=[(one, one) for one in orgs.KINDS_OF_COMMUNITY])
    code = forms.CharField(max_length=20, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    number = forms.IntegerField(min_value=0, max_value=100_000, required=False)

    def name_fields(self) -> None:
        """All of them."""
        super().name_fields()
        own = self.fields
        own["name"].label, own["kind"].label, own["code"].label = _("名称"), _("类别"), _("代码")
        own["kind"].error_messages = {"invalid_choice": _("请在列出的类别里选")}
        own["code"].help_text = _("统计用区划代码 12 位。国家还没有给的空着，系统编一个自编码，如 {street}J01").format(
            street=self.org.code
        )
        own["code"].error_messages = {"max_length": _("代码应是 12 位")}
        _name_number(own["number"])
        own["number"].help_text = _("不知道就空着，以后再记")


class NumberForm(ActForm):
    """An establishment."""

    number = forms.IntegerField(min_value=0, max_value=100_000)
    standard = forms.CharField(max_length=100, required=False)

    def name_fields(self) -> None:
        """Both."""
        _name_number(self.fields["number"])
        standard = self.fields["standard"]
        standard.label, standard.help_text = _("标准"), _("按什么核的，如：每万名常住人口 18 人；可以空着")
        standard.error_messages = {"max_length": _("标准太长，至多 100 字")}


class ReasonForm(ActForm):
    """The end of an organisation."""

    reason = forms.CharField(max_length=100)

    def name_fields(self) -> None:
        """The reason."""
        field = self.fields["reason"]
        field.label, field.help_text = _("原因"), _("如：整体拆迁")
        field.error_messages = {"required": _("请写原因"), "max_length": _("原因太长，至多 100 字")}


class MergeForm(ActForm):
    """The end of a community whose people go on in another."""

    into = forms.ChoiceField()

    def name_fields(self) -> None:
        """The communities that may take it in: same district, open, and under the visitor's hands."""
        allows = self.request.scope.allows
        near = Org.objects.filter(code__startswith=self.org.code[:6], closed_on=None).exclude(pk=self.org.pk)
        own = near.select_related("parent").order_by("code")
        found = [one for one in own if len(one.code) == COMMUNITY and allows("import", one.code)]
        # those of the same street first
        found.sort(key=lambda one: (one.parent_id != self.org.parent_id, one.code))
        field: Any = self.fields["into"]
        field.label, field.help_text = _("并入"), _("列出的是本区里还在的社区和村，本街道的在前")
        field.choices = [("", "—"), *((one.code, f"{one.parent or ''} {one.name} {one.code}") for one in found)]
        field.error_messages = {"required": _("请选并到哪里"), "invalid_choice": _("请在列出的社区里选")}

    @property
    def rest(self) -> dict[str, Any]:
        """The organisation itself, not its code."""
        return {"into": Org.objects.get(code=self.cleaned_data["into"])}


def _name_number(field: forms.Field) -> None:
    field.label = _("核定人数")
    wrong = _("人数是 0 到 100000 的整数")
    field.error_messages = {"required": _("请写人数"), "invalid": wrong, "min_value": wrong, "max_value": wrong}
