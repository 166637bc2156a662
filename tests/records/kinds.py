"""A small catalogue of the tests' own, so that a change of the packs changes no test of the ledger."""

from gugan.policy import Catalogue, CodeTable, Column, Fact, Kind


def table(name: str, *labels: str, ordered: bool = False, aliases: dict | None = None) -> CodeTable:
    return CodeTable(name, "", {str(i): label for i, label in enumerate(labels, 1)}, aliases or {}, ordered)


TABLES = {
    one.name: one
    for one in (
        table("性别", "男性", "女性", aliases={"男": "男性"}),
        table("岗位类别", "工作人员", "副职", "正职", ordered=True),
        table("学历", "高中", "专科", "本科", ordered=True),
        table("级别", "助理社会工作师", "社会工作师", "高级社会工作师", ordered=True),
        table("结果", "不合格", "合格", "优秀", ordered=True),
        table("项目", "子女教育", "赡养老人"),
        table("月度项目", "值班", "事假"),
        table("类别", "辞职", "退休"),
        table("机构类别", "省", "市", "区县", "街道", "镇", "社区", "村"),
    )
}


def fact(kind: str, name: str, type_: str, **more) -> Fact:
    if type_ == "代码":
        more["table"] = TABLES[more.pop("of", name)]
    return Fact(name, kind, type_, **more)


def kind(name: str, *facts: tuple, key: str | None = None, subject: str = "人") -> Kind:
    made = [fact(name, one, type_, **(more[0] if more else {})) for one, type_, *more in facts]
    return Kind(name, subject, {one.name: one for one in made}, key)


KINDS = {
    one.name: one
    for one in (
        kind("个人信息", ("姓名", "文"), ("证件号码", "文", {"sealed": True}), ("性别", "代码"), ("出生日期", "日期"),
             ("联系电话", "文", {"sealed": True})),
        kind("银行账户", ("账号", "文", {"sealed": True})),
        kind("参加工作", ("参加工作日期", "日期")),
        kind("入职", ("用人单位", "机构"), ("工作社区", "机构"), ("从事社区工作日期", "日期")),
        kind("岗位", ("岗位类别", "代码"), ("职务", "文")),
        kind("学历", ("学历", "代码"), ("专业", "文")),
        kind("职业资格", ("级别", "代码"), ("登记日期", "日期"), ("聘任", "是否"), key="级别"),
        kind("劳动合同", ("合同号", "文"), ("起", "日期"), ("止", "日期"), key="合同号"),
        kind("年度考核", ("年度", "年"), ("结果", "代码"), key="年度"),
        kind("晋级", ("级数", "数", {"unit": "级", "low": -18, "high": 18}), ("因", "文")),
        kind("专项附加扣除", ("项目", "代码"), ("月额", "数", {"unit": "元"}), ("起", "日期"), ("止", "日期"), key="项目"),
        kind("月度事项", ("月份", "月份"), ("项目", "代码", {"of": "月度项目"}), ("数量", "数"), key="项目"),
        kind("期初余额", ("已晋级数", "数", {"unit": "级"}), ("累计应发", "数", {"unit": "元"})),
        kind("离职", ("类别", "代码"), ("末日", "日期")),
        kind("并入", ("并入", "文"), ("证件号码转出", "是否")),
        kind("机构设立", ("代码", "文"), ("名称", "文"), ("类别", "代码", {"of": "机构类别"}), ("上级", "机构"),
             subject="机构"),
        kind("机构变更", ("名称", "文"), ("上级", "机构"), subject="机构"),
        kind("机构撤销", ("原因", "文"), ("并入", "机构"), subject="机构"),
        kind("核定员额", ("人数", "数", {"unit": "人", "low": 0, "high": 100000}), ("标准", "文"), subject="机构"),
        kind("适用政策包", ("政策包", "文"), subject="机构"),
    )
}  # fmt: skip


def column(name: str, reading: str, *paths: str, **more) -> Column:
    facts = tuple(KINDS[path.split(".")[0]].facts[path.split(".")[1]] for path in paths)
    return Column(name, facts[0].type if facts else "数", reading, facts, facts[0].unit if facts else "",
                  facts[0].table if facts else None, **more)  # fmt: skip


COLUMNS = {
    one.name: one
    for one in (
        column("姓名", "最新", "个人信息.姓名"),
        column("用人单位", "最新", "入职.用人单位"),
        column("工作社区", "最新", "入职.工作社区"),
        column("从事社区工作日期", "最早", "入职.从事社区工作日期"),
        column("岗位类别", "最新", "岗位.岗位类别"),
        column("职务", "最新", "岗位.职务"),
        column("学历", "最新", "学历.学历"),
        column("职业资格级别", "最高", "职业资格.级别"),
        column("社工师登记日期", "最新", "职业资格.登记日期", key="社会工作师"),
        column("合同起", "最新", "劳动合同.起"),
        column("合同止", "最新", "劳动合同.止"),
        column("合同数", "计数", "劳动合同.起"),
        column("历年考核", "逐年", "年度考核.结果", by="年度"),
        column("历年晋级", "合计", "晋级.级数", "期初余额.已晋级数"),
        column("子女教育月额", "最新", "专项附加扣除.月额", key="子女教育", in_force=True, empty="0"),
        column("值班次数", "合计", "月度事项.数量", key="值班", month_only=True, empty=0),
        column("累计应发", "合计", "期初余额.累计应发"),
        column("离职末日", "最新", "离职.末日"),
        column("已发月数", "最新", room="工资"),
    )
}

CATALOGUE = Catalogue(KINDS, COLUMNS, TABLES)
