"""Every reason a file cannot be read as a workbook, numbered, with what to do about it."""

from __future__ import annotations

from typing import Any

MESSAGES = {
    "F101": "找不到这个文件：{name}。请核对路径。",
    "F102": "{name}是空文件，一个字节也没有。请重新导出或重新发送。",
    "F103": "{name}不是工作簿，里面是{found}。请用 Excel 或 WPS 打开原件，另存为 .xlsx 再放入。",
    "F104": "{name}设了打开密码，读不到内容。请在 Excel 或 WPS 里去掉密码，另存后再放入。",
    "F105": "{name}里没有数据：{sheets}张工作表都是空的。请确认放的是填好的那一份。",
    "F106": "{name}太大：{found}，上限是{limit}。请删去多余的工作表或空白格式，或按街道分成几份。",
    "F107": "{name}打不开，文件可能损坏或没有传完：{found}。请重新导出或重新发送。",
    "F108": "{name}读不了：{found}。请检查文件的权限。",
}


class WorkbookError(Exception):
    """A file that cannot be read as a workbook. `code` is one of MESSAGES, `message` says what to do."""

    def __init__(self, code: str, **words: Any) -> None:
        self.code = code
        self.message = MESSAGES[code].format(**words)
        super().__init__(self.message)
