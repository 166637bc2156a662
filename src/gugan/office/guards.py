"""What a file really is, judged by its bytes, and whether it is safe to open: before any reader touches it."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from dataclasses import dataclass

from gugan.office.errors import WorkbookError
from gugan.office.extent import extent_of

OLE2 = bytes.fromhex("d0cf11e0a1b11ae1")
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
OTHERS = tuple(name.encode("utf-16-le") for name in ("WordDocument", "PowerPoint Document"))
KNOWN = (
    (b"%PDF", "PDF 文档"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"{\\rtf", "RTF 文档"),
)
MARKUP = (
    (b"urn:schemas-microsoft-com:office:spreadsheet", "XML 表格（2003 格式）"),
    (b"<html", "网页（有的系统导出时只是把名字改成 .xls）"),
    (b"<table", "网页（有的系统导出时只是把名字改成 .xls）"),
    (b"<?xml", "XML 文本"),
)
BOF = re.compile(rb"\x09\x08(?:\x10|\x08)\x00\x00[\x05\x06]\x05\x00")
FILEPASS = 0x2F
CHUNK = 1 << 20
TAIL = 4096
PLAIN_TEXT_NAMES = (".csv", ".txt", ".tsv")


@dataclass(frozen=True)
class Limits:
    """How much a file may hold: bytes as sent, bytes unpacked, cells of one sheet's bounding box."""

    packed: int = 50 * 1024 * 1024
    unpacked: int = 300 * 1024 * 1024
    cells: int = 2_000_000


def check(data: bytes, name: str, limits: Limits) -> str:
    """Return "book" or "text"; raise WorkbookError for anything that is not a readable, safe workbook."""
    if not data:
        raise WorkbookError("F102", name=name)
    if len(data) > limits.packed:
        raise WorkbookError("F106", name=name, found=megabytes(len(data)), limit=megabytes(limits.packed))
    if data.startswith(OLE2):
        return check_ole2(data, name)
    if data.startswith(b"PK"):
        return check_zip(data, name, limits)
    if is_bare_biff(data):
        return "book"
    if name.lower().endswith(PLAIN_TEXT_NAMES) and describe(data) == "文字":
        return "text"
    raise WorkbookError("F103", name=name, found=describe(data))


def describe(data: bytes) -> str:
    """Say in words what bytes that are no workbook seem to be."""
    for magic, words in KNOWN:
        if data.startswith(magic):
            return words
    head = data[:TAIL].lower()
    for mark, words in MARKUP:
        if mark in head:
            return words
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "文字" if utf16 or b"\0" not in data[:TAIL] else "认不出的二进制内容"


def check_ole2(data: bytes, name: str) -> str:
    """An OLE2 file is an .xls, an encrypted .xlsx, or another program's document."""
    if ENCRYPTED in data:
        raise WorkbookError("F104", name=name)
    if any(has_password(data, found.start()) for found in BOF.finditer(data)):
        raise WorkbookError("F104", name=name)
    if any(stream in data for stream in OTHERS):
        raise WorkbookError("F103", name=name, found="另一种 Office 文档（.doc 或 .ppt）")
    if not any(stream in data for stream in STREAMS):
        raise WorkbookError("F107", name=name, found="里面没有工作簿的内容")
    return "book"


def has_password(data: bytes, start: int) -> bool:
    """Whether one of the first records after this BOF record is FILEPASS: what follows is then encrypted."""
    for _ in range(8):
        kind, length = struct.unpack_from("<HH", data, start)
        if kind == FILEPASS:
            return True
        start += 4 + length
        if start + 4 > len(data):
            break
    return False


def is_bare_biff(data: bytes) -> bool:
    """Whether this is an old .xls without the OLE2 wrapping (BIFF2 to BIFF5): a BOF record at the start."""
    return data[:2] in (b"\x09\x00", b"\x09\x02", b"\x09\x04", b"\x09\x08") and data[2:4] in (
        b"\x04\x00",
        b"\x06\x00",
        b"\x08\x00",
    )


def check_zip(data: bytes, name: str, limits: Limits) -> str:
    """A zip must be an .xlsx, .xlsb or .ods; every part is unpacked once, with a counter, before a reader sees it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if not is_workbook(archive, names):
                raise WorkbookError("F103", name=name, found=describe_zip(names))
            if any(part.flag_bits & 1 for part in archive.infolist()):
                raise WorkbookError("F104", name=name)
            unpack_once(archive, name, limits)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, ValueError) as error:
        raise WorkbookError("F107", name=name, found=type(error).__name__) from error
    return "book"


def is_workbook(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """Whether the zip holds the parts of an .xlsx, .xlsb or .ods."""
    if "mimetype" in names:
        return archive.read("mimetype").startswith(b"application/vnd.oasis.opendocument.spreadsheet")
    return "[Content_Types].xml" in names and any(part.startswith("xl/workbook.") for part in names)


def describe_zip(names: set[str]) -> str:
    """Say in words what a zip that is no workbook holds."""
    for start, words in (("word/", "Word 文档"), ("ppt/", "PowerPoint 文档")):
        if any(part.startswith(start) for part in names):
            return words
    return "压缩包（请先解压）"


def unpack_once(archive: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Count what really comes out of each part, and how far out its cells lie; stop at the limits."""
    total = 0
    for part in archive.infolist():
        extent = extent_of(part.filename)
        with archive.open(part) as stream:
            while chunk := stream.read(CHUNK):
                total += len(chunk)
                if total > limits.unpacked:
                    limit = megabytes(limits.unpacked)
                    raise WorkbookError("F106", name=name, found="展开后超过" + limit, limit=limit)
                extent.look(chunk)
        if extent.cells > limits.cells:
            found = f"一张表铺开有 {extent.cells:,} 格"
            raise WorkbookError("F106", name=name, found=found, limit=f"{limits.cells:,} 格")


def megabytes(count: int) -> str:
    """Bytes in words."""
    return f"{count / 1024 / 1024:.0f} MB"
