"""Tables from files, folders and addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.sources.delimited import read_delimited

CSV = tuple(f"{kind}{packed}" for kind in (".csv", ".tsv") for packed in ("", ".gz", ".bz2", ".xz", ".zip"))
PARQUET = (".parquet", ".pq")


def read_table(address: str) -> pd.DataFrame:
    """Read a CSV or Parquet file from a path or URL.

    Raises
    ------
    DataError
        The file is missing, empty, damaged, or of another kind; it is named.
    """
    name = address.split("?")[0].lower()
    if name.endswith(CSV):
        return _guarded(read_delimited, address)
    if name.endswith(PARQUET):
        return _guarded(pd.read_parquet, address)
    raise DataError(f"{address} is neither CSV nor Parquet; known endings: {', '.join((*CSV, *PARQUET))}")


def read_folder(folder: Path, symbols: Collection[str] | None) -> Iterator[tuple[str, pd.DataFrame]]:
    """Read each table in a folder with its stem, in the order of names; only those of `symbols` when given.

    Raises
    ------
    DataError
        No table at all, two of one stem, a symbol without a file, a member that cannot be read.
    """
    paths: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.lower().endswith((*CSV, *PARQUET)) and not path.name.startswith("."):
            if stem(path.name) in paths:
                raise DataError(
                    f"{folder} has two files for one symbol: {paths[stem(path.name)].name}, {path.name}"
                )
            paths[stem(path.name)] = path
    if not paths:
        raise DataError(f"{folder} holds no CSV or Parquet file")
    for symbol in symbols or ():
        if symbol not in paths:
            raise DataError(f"{folder} has no file for symbol {symbol!r}. {did_you_mean(symbol, paths)}")
    for symbol in symbols or paths:
        yield symbol, read_table(str(paths[symbol]))


def stem(name: str) -> str:
    """File name without its table ending.

    >>> stem("BRK.B.csv.gz")
    'BRK.B'
    """
    for ending in sorted((*CSV, *PARQUET), key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def _guarded(read: Any, address: str) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = read(address)
    except DataError:
        raise
    except (OSError, ValueError, ImportError, EOFError) as error:
        # ValueError covers pandas' EmptyDataError and ParserError, text decoding and pyarrow's ArrowInvalid.
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{address} cannot be read: {reason}") from error
    if frame.empty:
        raise DataError(f"{address} has no rows")
    return frame
