"""What the style book shows: invented people, and the longest strings that real offices have."""

from __future__ import annotations

from gugan.web.lists import Column, Filter

NAMES = ("林惠珊", "区倩", "张𬭎", "阿依努尔·买买提·吐尔逊江·库尔班")
LONG_TITLE = "社区党总支书记、居委会主任、工作站站长"
LONG_DOCUMENT = "关于进一步加强和规范城市社区工作者队伍建设完善社区工作者职业体系和薪酬待遇保障机制的实施意见（试行）"

PEOPLE = [
    {"name": NAMES[at % 4], "last4": f"{at:04d}", "place": "良化东社区", "post": LONG_TITLE if at == 2 else "副主任",
     "grade": at % 18 + 1, "money": "99,999,999.99" if at == 3 else "7,230.00", "missing": at == 1}
    for at in range(120)
]  # fmt: skip
COLUMNS = (
    Column("name", "姓名", ("name",)),
    Column("id", "证号", hide=True),
    Column("place", "社区", ("place",)),
    Column("post", "岗位 职务"),
    Column("grade", "等级", ("grade",), number=True),
    Column("money", "应发（元）", ("money",), number=True),
)
FILTERS = (
    Filter("street", "街道", (("440703002", "白沙街道"), ("440703006", "环市街道"))),
    Filter("post", "岗位", (("正职", "正职"), ("副职", "副职"), ("工作人员", "工作人员"))),
)
TILES = [
    {"head": "应发合计（元）", "value": "6,418,007.20"},
    {"head": "比 9 月", "value": "+20,533.20", "note": "来自 7 类变化"},
    {"head": "人数", "value": "1,214", "unit": "人", "url": "#tiles"},
    {"head": "单位承担（元）", "value": None, "note": "还没核算"},
]
STEPS = [
    {"name": "收齐事实", "note": "1,214 人齐", "state": "done", "url": "#steps"},
    {"name": "核算", "note": "昨天 16:20", "state": "done", "url": "#steps"},
    {"name": "看变化", "note": "431 人", "state": "now", "url": "#steps"},
    {"name": "看例外", "note": "7 处"},
    {"name": "看合计", "note": "6 个街镇"},
    {"name": "另一人审批", "note": "梁国雄"},
    {"name": "封存", "note": "不再改动"},
]
JOBS = [
    {"step": "比对第 31,400 行", "done": 31400, "total": 50000, "left": 12},
    {"step": "算完 1,214 人", "finished": True},
    {"step": "核算", "failed": "核算到第 800 人停了", "number": "E-3F2A"},
]
PROBLEMS = [
    {"text": "这个日子读不懂：2019.13。写成 2019-03-05。", "field": "example-day"},
    {"text": "生效日早于入职日 2012-03-01。改生效日，或先改入职。"},
]
_MODEL = {"文件": "三岗十八级示例", "性质": "示例", "参照": "各地“薪酬基准乘等级系数”的通行做法"}
_LAW = {
    "文件": "个人所得税扣缴申报管理办法（试行）", "文号": "国家税务总局公告2018年第61号", "性质": "现行", "条": "第六条",
    "原文": "扣缴义务人向居民个人支付工资、薪金所得时，应当按照累计预扣法计算预扣税款，并按月办理扣缴申报。",
}  # fmt: skip
CLAUSES = [
    {"basis": _LAW, "since": "2019-01-01"},
    {"basis": _MODEL, "since": "2026-01-01"},
    {"basis": {"文件": LONG_DOCUMENT, "性质": "历史", "条": "第十四条第二款"}, "since": ""},
]
_ENTRY = {
    "action": 12, "kind": "学历", "facts": {"学历": "本科"}, "effective_on": "2026-07-01", "date_unknown": False,
    "recorded_at": "2026-10-12T09:12+08:00", "basis": "毕业证书扫描件",
}  # fmt: skip
_OPENING = _ENTRY | {"action": 3, "kind": "岗位", "facts": {"岗位类别": "副职"}, "date_unknown": True, "basis": "期初"}
_GRADE = {
    "name": "岗位等级", "kind": "规则", "value": "10", "unit": "级", "known": True, "basis": _MODEL, "since": "2024-07-01",
    "substituted": "起点 4 + 本科 1 + 社工师 1 + 历年晋级 4，不超过 15", "note": "没有例外：本地核定了等级",
    "choice": "例外", "limits": [{"word": "封顶", "before": "12", "limit": "10", "unit": "级"}],
    "considered": [{"says": "本地核定了等级", "state": "不适用", "when": "有 核定等级", "why": "没有 核定等级", "basis": _MODEL},
                   {"says": "试用期内的，按起点定级", "state": "不适用", "why": "核算日 2026-10-31 ≤ 试用期止 2012-06-01"}],
    "children": [
        {"name": "学历", "kind": "事实", "value": "本科", "known": True, "source": [_ENTRY], "children": [],
         "note": "生效 2026-07-01，记录 2026-10-12，毕业证书扫描件"},
        {"name": "岗位类别", "kind": "事实", "value": "副职", "known": True, "source": [_OPENING], "children": []},
        {"name": "年度考核", "kind": "事实", "value": "2012–2025 合格", "known": True, "children": [],
         "source": [_ENTRY | {"kind": "年度考核", "facts": {"年度": year, "结果": "合格"}} for year in range(2012, 2026)]},
    ],
}  # fmt: skip
_STANDARD = {
    "name": "月薪酬标准", "kind": "规则", "value": "6160.00", "unit": "元", "known": True, "basis": _MODEL, "since": "2026-01-01",
    "substituted": "薪酬基准 4000.00 × 等级系数 1.54", "children": [_GRADE],
}  # fmt: skip
TREE = {
    "name": "应发工资", "kind": "规则", "value": "7230.00", "unit": "元", "known": True, "basis": _MODEL, "since": "2024-07-01",
    "substituted": "基本报酬 4312.00 + 绩效报酬 1848.00 + 职业资格津贴 200.00 + 值班补贴 150.00 + 补发 720.00",
    "children": [
        {"name": "基本报酬", "kind": "规则", "value": "4312.00", "unit": "元", "known": True, "basis": _MODEL,
         "since": "2024-07-01", "substituted": "月薪酬标准 6160.00 × 70%", "children": [_STANDARD]},
        {"name": "绩效报酬", "kind": "规则", "value": "1848.00", "unit": "元", "known": True, "basis": _MODEL,
         "since": "2024-07-01", "substituted": "月薪酬标准 6160.00 × 30% × 考核系数 1.00", "note": "2025 年度合格，系数 1.00（不是优秀 1.20）",
         "children": [{"name": "月薪酬标准", "kind": "规则", "value": "6160.00", "unit": "元", "known": True, "repeat": True,
                       "children": []}]},
        {"name": "个人所得税", "kind": "规则", "value": "-29.88", "unit": "元", "known": True, "basis": _LAW, "since": "2019-01-01",
         "substituted": "累计应纳税所得额 1119.00 × 3% − 已预扣 3.69", "children": []},
    ],
}  # fmt: skip
UNKNOWN_TREE = {
    "name": "职业资格津贴", "kind": "规则", "value": "算不出：缺取证日", "unit": "元", "known": False, "basis": _MODEL,
    "since": "2024-07-01", "substituted": "要先知道：取证日",
    "choice": "就高", "form": 1,
    "considered": [{"says": "助理社会工作师", "state": "适用", "why": "有 助理起算日", "value": "100.00", "unit": "元"},
                   {"says": "社会工作师", "state": "算不出", "why": "缺取证日"},
                   {"says": "高级社会工作师", "state": "不适用", "why": "没有 高级起算日"}],
    "missing": [{"name": "取证日", "type": "日期", "facts": [{"kind": "职业资格", "fact": "取得日期"}]}],
    "children": [{"name": "取证日", "kind": "事实", "value": "缺取证日", "known": False, "children": []}],
}  # fmt: skip
