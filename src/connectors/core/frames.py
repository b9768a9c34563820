"""Rows as pandas tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING

import attrs

from ..errors import ConfigError

if TYPE_CHECKING:
    import pandas


def frame(
    rows: Sequence[Mapping[str, object]], columns: Sequence[str] | None = None
) -> pandas.DataFrame:
    """A table of these rows; `columns` says their order, and which there are where there is no row.

    Raises:
        ConfigError: pandas is not installed.
    """
    try:
        import pandas
    except ModuleNotFoundError:
        raise ConfigError("to_frame() needs pandas: pip install 'connectors[notebook]'") from None
    if columns is None:
        columns = list(rows[0]) if rows else []
    return pandas.DataFrame([[row[c] for c in columns] for row in rows], columns=list(columns))


def as_row(item: object) -> dict[str, object]:
    """A model's attributes by name; an enum member is its value. What is no model is one `value`."""
    kind = type(item)
    if not attrs.has(kind):
        return {"value": item}
    values = ((a.name, getattr(item, a.name)) for a in attrs.fields(kind))
    return {n: v.value if isinstance(v, Enum) else v for n, v in values}
