"""Pinyin of names for sorting and searching, with the readings that characters have as surnames."""

from __future__ import annotations

from pypinyin import lazy_pinyin

SURNAMES = {
    "万俟": "mo qi", "尉迟": "yu chi", "长孙": "zhang sun", "单于": "chan yu", "澹台": "tan tai", "令狐": "ling hu",
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "查": "zha", "区": "ou", "任": "ren", "华": "hua", "朴": "piao",
    "盖": "ge", "缪": "miao", "尉": "wei", "乐": "yue", "召": "shao", "折": "she", "逄": "pang", "繁": "po", "种": "chong",
    "员": "yun", "贠": "yun", "秘": "bi", "洗": "xian", "冼": "xian", "黑": "he", "重": "chong", "祭": "zhai", "翟": "zhai",
    "宁": "ning", "燕": "yan", "臧": "zang", "牟": "mu", "葛": "ge", "谌": "chen", "覃": "qin", "郇": "xun", "佴": "nai",
    "隗": "wei", "晁": "chao", "纪": "ji", "哈": "ha", "郝": "hao", "呙": "guo", "褚": "chu", "朱": "zhu", "车": "che",
    "庹": "tuo", "眭": "sui", "妫": "gui", "过": "guo", "应": "ying", "訾": "zi", "幺": "yao", "么": "yao", "占": "zhan",
    "都": "du", "石": "shi", "沈": "shen", "卜": "bu", "俞": "yu", "宓": "mi", "阚": "kan", "昝": "zan", "贾": "jia",
    "长": "zhang", "行": "xing", "调": "diao", "曲": "qu", "夏": "xia", "吕": "lv", "那": "na", "谭": "tan",
}  # fmt: skip


def spell(name: str) -> tuple[str, str]:
    """Return (pinyin, initials) of a name: ("shan xiong xin", "sxx"). Other scripts are kept in lower case."""
    name = name.strip()
    surname = next((name[:size] for size in (2, 1) if name[:size] in SURNAMES and _is_surname(name, size)), "")
    rest = lazy_pinyin(name[len(surname) :], errors=str.lower)
    syllables = [*SURNAMES.get(surname, "").split(), *("".join(filter(str.isalnum, part)) for part in rest)]
    syllables = [part for part in syllables if part]
    return " ".join(syllables), "".join(part[0] for part in syllables)


def _is_surname(name: str, size: int) -> bool:
    """Names with a middle dot (阿依努尔·买买提) begin with no Chinese surname; a surname alone is no name."""
    return "·" not in name and "•" not in name and len(name) > size
