"""Tables by the Arrow interface, and dicts of NumPy arrays: in as raw columns, out as columns with the units they have.

Only what comes by Arrow needs pyarrow (the extra gugan[arrow]); NumPy arrays need nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gugan.policy.errors import fail
from gugan.policy.sources import Raw, Table
from gugan.policy.to_numpy import Array


def pyarrow() -> Any:
    """Return the module pyarrow. Raises PolicyErrors G507 where it is not installed."""
    try:
        import pyarrow
    except ImportError:
        raise fail("G507", what="读写 Arrow 表", name="pyarrow", extra="arrow") from None
    return pyarrow


def table_of(given: Any) -> Table:
    """Return a caller's table: an object with __arrow_c_stream__, or a mapping of NumPy arrays. Raises PolicyErrors G507,
    G508."""
    if isinstance(given, Mapping):
        columns = {str(name): _numpy(name, column) for name, column in given.items()}
        lengths = {len(raw.data) for raw in columns.values()}
        if len(lengths) > 1:
            raise fail("G508", what="各列的行数不一样：" + "、".join(f"{n} {len(r.data)}" for n, r in columns.items()))
        return Table(columns, lengths.pop() if lengths else 0)
    if not hasattr(given, "__arrow_c_stream__"):
        raise fail("G508", what=f"{type(given).__name__} 没有 Arrow 接口，也不是各列的字典")
    table = pyarrow().table(given)
    if len(set(table.column_names)) != len(table.column_names):
        raise fail("G508", what="有重名的列")
    # a column of nothing but nulls has no type of its own: it is as one that is not there
    empty = [field.name for field in table.schema if pyarrow().types.is_null(field.type)]
    rows, table = table.num_rows, table.drop_columns(empty)
    fields = zip(table.column_names, table.schema, table.columns, strict=True)
    return Table({name: _arrow(name, field, column) for name, field, column in fields}, rows)


# ── NumPy ──


def _numpy(name: str, given: Any) -> Raw:
    array, valid = np.asarray(given), None
    if array.ndim != 1:
        raise fail("G508", what=f"列“{name}”不是一列数")
    if isinstance(given, np.ma.MaskedArray):
        array, mask = np.asarray(given.data), np.ma.getmaskarray(given)
        valid = None if not mask.any() else ~mask
    kind = array.dtype.kind
    if kind in "iub":
        return Raw(array, valid)
    if kind == "f":
        return Raw(array, _also(valid, ~np.isnan(array)))
    if kind == "M":
        days = array.astype("datetime64[D]")
        if np.any((days != array) & ~np.isnat(array)):
            raise fail("G508", what=f"列“{name}”不只有日期，还有时刻；改成日期")
        return Raw(days.view(np.int64), _also(valid, ~np.isnat(days)), days=True)
    if kind in "UTO":
        return _texts(name, array, valid)
    raise fail("G508", what=f"列“{name}”的类型 {array.dtype} 读不懂")


def _also(valid: Array | None, there: Array) -> Array | None:
    if there.all():
        return valid
    return there if valid is None else valid & there


def _texts(name: str, array: Array, valid: Array | None) -> Raw:
    codes: dict[str, int] = {}
    found = np.zeros(len(array), dtype=np.int32)
    there = np.ones(len(array), dtype=bool)
    for index, value in enumerate(array.tolist()):
        if isinstance(value, str):
            found[index] = codes.setdefault(value, len(codes))
        elif value is None or value != value:  # NaN stands for no text in frames
            there[index] = False
        elif valid is None or valid[index]:
            raise fail("G508", what=f"列“{name}”第 {index + 1} 行不是文字：{value!r}")
    return Raw(found, _also(valid, there), tuple(codes))


# ── Arrow ──


def _arrow(name: str, field: Any, column: Any) -> Raw:
    pa = pyarrow()
    types, kind = pa.types, column.type
    if types.is_string_view(kind):
        column = column.cast(pa.string())
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        column = column.dictionary_encode()
    if column.num_chunks == 1:
        array = column.chunk(0)
    else:
        column = column.unify_dictionaries() if types.is_dictionary(column.type) else column
        array = column.combine_chunks() if column.num_chunks else pa.array([], column.type)
    valid = None if not array.null_count else array.is_valid().to_numpy(zero_copy_only=False)
    kind = array.type
    if types.is_dictionary(kind):
        labels = tuple(array.dictionary.to_pylist())
        codes = array.indices.fill_null(0) if array.null_count else array.indices
        return Raw(codes.to_numpy(zero_copy_only=False), valid, labels)
    if types.is_decimal(kind):
        return Raw(_decimals(pa, name, array), valid, places=kind.scale)
    if types.is_date32(kind):
        return Raw(_plain(array, np.int32), valid, days=True)
    if types.is_boolean(kind):
        return Raw(array.fill_null(False).to_numpy(zero_copy_only=False), valid)
    if types.is_integer(kind):
        fen = (field.metadata or {}).get(b"unit") == b"fen"
        return Raw(_plain(array, kind.to_pandas_dtype()), valid, places=2 if fen else None)
    if types.is_floating(kind):
        found = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return Raw(found, _also(valid, ~np.isnan(found)))
    if types.is_timestamp(kind) or types.is_date64(kind):
        return _numpy(name, array.to_numpy(zero_copy_only=False))
    raise fail("G508", what=f"列“{name}”的类型 {kind} 读不懂")


def _plain(array: Any, dtype: Any) -> Array:
    """Return the numbers of an array where they lie; those under a null are whatever they are."""
    buffer = array.buffers()[1]
    if buffer is None:
        return np.zeros(len(array), dtype=dtype)
    return np.frombuffer(buffer, dtype=dtype)[array.offset : array.offset + len(array)]


def _decimals(pa: Any, name: str, array: Any) -> Array:
    """Return the unscaled whole numbers of decimals; those beyond int64 are refused."""
    width = array.type.bit_width // 64
    if array.buffers()[1] is None:
        return np.zeros(len(array), dtype=np.int64)
    if width == 0:
        return _plain(array, np.int32)
    words = np.frombuffer(array.buffers()[1], dtype=np.int64).reshape(-1, width)
    words = words[array.offset : array.offset + len(array)]
    lowest = words[:, 0]
    if width > 1:
        wide = (words[:, 1:] != (lowest >> 63)[:, None]).any(axis=1)
        if array.null_count:
            wide &= array.is_valid().to_numpy(zero_copy_only=False)
        if wide.any():
            raise fail("G508", what=f"列“{name}”第 {int(np.flatnonzero(wide)[0]) + 1} 行的数太大")
    return lowest
