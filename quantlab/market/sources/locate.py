"""What a source is: a name decides whether it is a sample, an address, a folder or a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from quantlab.errors import DataError, did_you_mean
from quantlab.market.rows import Rows, merge
from quantlab.market.samples import load_sample
from quantlab.market.sources.files import read_folder, read_table, stem
from quantlab.market.sources.shapes import rows_of

ADDRESSES = ("file", "ftp", "gs", "http", "https", "s3")
SAMPLE = "sample:"
UNNAMED_SYMBOL = "X"
_FRAME_OF_SERIES = "s.to_frame('close').assign(open=s, high=s, low=s)"
_FRAMES_OF_SERIES = f"Give frames: ql.read_bars({{name: {_FRAME_OF_SERIES} for name, s in series.items()}})"


def read_rows(
    source: Any, symbols: tuple[str, ...] | None, tz: str | None, fields: Iterable[str] | None
) -> Rows:
    """Read everything that `source` holds, as rows; arguments as in `read_bars`.

    `symbols` names a table of one symbol that does not name itself, and chooses the files of a folder.
    """
    if isinstance(source, str) and source.startswith(SAMPLE):
        return load_sample(source.removeprefix(SAMPLE))
    only = symbols[0] if symbols and len(symbols) == 1 else None
    parts = [
        rows_of(frame, name=name or only or UNNAMED_SYMBOL, origin=origin, tz=tz, fields=fields)
        for name, origin, frame in _tables(source, symbols, only)
    ]
    return merge(parts)


def _tables(
    source: Any, symbols: tuple[str, ...] | None, only: str | None
) -> Iterator[tuple[str | None, str, pd.DataFrame]]:
    """Symbol (where the source gives one), name for messages, and frame of each table."""
    if isinstance(source, Mapping):
        for symbol, frame in _chosen(source, symbols).items():
            if isinstance(frame, pd.Series):
                raise DataError(f"{symbol} is a series, one price a time. {_FRAMES_OF_SERIES}")
            yield str(symbol), f"the frame of {symbol}", _as_frame(frame)
    elif isinstance(source, (str, Path)):
        yield from _stored_tables(str(source), symbols, only)
    else:
        yield None, "the frame", _as_frame(source)


def _chosen(frames: Mapping[Any, Any], symbols: tuple[str, ...] | None) -> Mapping[Any, Any]:
    if not frames:
        raise DataError("no rows: the mapping of frames is empty")
    by_name = {str(symbol): frame for symbol, frame in frames.items()}
    for symbol in symbols or ():
        if symbol not in by_name:
            raise DataError(f"there is no frame of {symbol!r}. {did_you_mean(symbol, by_name)}")
    return {symbol: by_name[symbol] for symbol in symbols or by_name}


def _stored_tables(
    text: str, symbols: tuple[str, ...] | None, only: str | None
) -> Iterator[tuple[str | None, str, pd.DataFrame]]:
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.\-]+):", text)
    if scheme:
        if scheme[1].lower() not in ADDRESSES:
            raise DataError(f"unknown source {text!r}: {scheme[1]}: is none of {', '.join(known_schemes())}")
        yield only or stem(text.split("?")[0].rsplit("/", 1)[-1]), text, read_table(text)
        return
    path = Path(text).expanduser()
    if path.is_dir():
        for symbol, frame in read_folder(path, symbols):
            yield symbol, str(path / symbol), frame
        return
    if not path.exists():
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        advice = did_you_mean(path.name, near) if 0 < len(near) < 1000 else ""
        raise DataError(f"{text} does not exist. {advice}".strip())
    yield only or stem(path.name), text, read_table(str(path))


def known_schemes() -> tuple[str, ...]:
    """Name the prefixes that a source may have."""
    return (SAMPLE, *(f"{scheme}:" for scheme in ADDRESSES))


def _as_frame(source: Any) -> pd.DataFrame:
    if hasattr(source, "to_pandas"):
        source = source.to_pandas()
    if isinstance(source, pd.Series):
        raise DataError(
            f"a series holds one price a time. Give a frame: ql.read_bars({_FRAME_OF_SERIES}), s the series"
        )
    if not isinstance(source, pd.DataFrame):
        raise DataError(
            f"cannot read bars from {type(source).__name__}; "
            "give a path, a URL, 'sample:us5', a frame, or a dict of frames"
        )
    if source.empty:
        raise DataError("no rows: the frame is empty")
    return source
