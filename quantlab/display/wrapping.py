"""Where a table's cells may break, and how wide its columns become."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

GAP = 3  # characters between the texts of two neighbours
_NOT_IN_INTERVAL = r"(?![^][,]*\])"  # "[low, high]" stays whole


def broken(text: str, width: int) -> str:
    """`text` on lines of at most `width` characters, broken after ", ".

    Where a piece between two commas is still too wide it breaks after spaces and after the bracket that opens
    a call; what has neither stays whole, so no number and no name is ever cut.

    >>> print(broken("MomentumRank(lookback=120, keep=1)", 28))
    MomentumRank(lookback=120,
    keep=1)
    >>> print(broken("MomentumRank(lookback=120, keep=1)", 24))
    MomentumRank(
    lookback=120, keep=1)
    """
    lines = [""]
    for piece in _pieces(text, width):
        if lines[-1] and len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def column_widths(lines: Sequence[Sequence[str]], is_number: Sequence[bool], width: int) -> list[int]:
    """How wide each column becomes, so that a table fits in `width` characters where it can.

    `lines` are the heading and the rows. Columns of numbers break their headings only; columns of text share
    what is left, none wider than it needs to be, none narrower than its longest unbreakable piece.
    """
    columns = [[line[k] for line in lines] for k in range(len(is_number))]
    widths = [max(map(len, column)) for column in columns]
    room = width - GAP * len(widths) + 1
    if sum(widths) <= room:
        return widths
    for k, column in enumerate(columns):
        if is_number[k]:
            widths[k] = max(_narrowest(column[0]), *map(len, column[1:]), 0)
    room -= sum(w for w, number in zip(widths, is_number, strict=True) if number)
    texts = sorted((k for k, number in enumerate(is_number) if not number), key=widths.__getitem__)
    for done, k in enumerate(texts):
        share = max(room // (len(texts) - done), *map(_narrowest, columns[k]))
        widths[k] = max(len(line) for text in columns[k] for line in broken(text, share).split("\n"))
        room -= widths[k]
    return widths


def _pieces(text: str, width: int) -> Iterator[str]:
    for piece in re.split(r"(?<=, )" + _NOT_IN_INTERVAL, text):
        yield from [piece] if len(piece.rstrip()) <= width else _words(piece)


def _words(text: str) -> list[str]:
    return re.split(r"(?<= )" + _NOT_IN_INTERVAL + r"|(?<=\w\()", text)


def _narrowest(text: str) -> int:
    return max(len(piece.rstrip()) for piece in _words(text))
