"""What cannot be compiled, said in one sentence: file, line, what it is, and what to write instead."""

from __future__ import annotations

import linecache
import os
import re
from dataclasses import dataclass
from types import CodeType
from typing import Any

from quantlab.errors import StrategyError

PYTHON = 'run it with engine="python"'


class Refusal(StrategyError):
    """Code of the user's that cannot be compiled to the same bits.

    Parameters
    ----------
    construct
        What is refused, as it stands in the source: ``np.random.normal(…)``.
    reason
        Why, in words that follow the construct: "draws differently when compiled".
    remedy
        What to write instead.
    filename, line
        Where.
    """

    def __init__(self, construct: str, reason: str, remedy: str, filename: str, line: int) -> None:
        self.construct = construct
        self.reason = reason
        self.remedy = remedy
        self.filename = filename
        self.line = line
        super().__init__(f"{os.path.basename(filename)}, line {line}: {construct} {reason}: {remedy}.")


@dataclass(frozen=True)
class _Case:
    """A message of Numba's that is known, and what it means for the user; groups of the pattern fill the texts."""

    pattern: str
    construct: str
    reason: str
    remedy: str
    keyword: str = ""  # begins the line in the source, where Numba names none


# Read from the top: the first pattern found in Numba's message decides.
CASES = (
    _Case(
        r"NowType'>, '(\w+)'\) for Now\(",
        "now.{0}(…)",
        "does not take such arguments",
        "symbols go by whole number, amounts are numbers, names of fields and periods are written out",
    ),
    _Case(
        r"No implementation of function [^\n]*\n[^>]*>{3} [^\n]*Input\(",
        "a declared input",
        "has no value by itself",
        "read it as now[self.name], or now[self.name, i] for symbol i",
    ),
    _Case(
        r"(np\.\w+|np\.dot and @) (is served for [^\n:]*)",
        "{0}",
        "{1}",
        "convert with array.astype(np.float64)",
    ),
    _Case(r"attribute ['\"](\w+)['\"] of type array\(", "array.{0}", "is not compiled", PYTHON),
    _Case(r"context manager|BEFORE_WITH", "with", "is not compiled", "open nothing in a hook", "with "),
    _Case(
        r"Exception (?:object|matching)|opcode \((?:\w*EXC\w*|RERAISE)|try.?(?:block|.except|.finally)",
        "try/except",
        "is not compiled",
        "test for the case with `if` before",
        "try",
    ),
    _Case(
        r"[Nn]ame ['\"](\w+)['\"] is not defined", "{0}", "is not defined", "set it at the top of the file"
    ),
    _Case(
        r"format spec|FORMAT_VALUE", "a format in an f-string", "is not compiled", "print the number itself"
    ),
    _Case(r"IMPORT_NAME", "import inside a function", "is not compiled", "import at the top of the file"),
    _Case(r"[Gg]enerator|YIELD", "a generator", "is not compiled", "use a loop or a list"),
    _Case(
        r"CALL_FUNCTION_EX|\*args|\*\*kwargs|star_?args|UNPACK_EX|LIST_EXTEND|DICT_MERGE",
        "a starred expression",
        "is not compiled",
        "write each argument or name out",
    ),
    _Case(
        r"Untyped global name ['\"](\w+)['\"]",
        "{0}",
        "is not known to compiled code",
        "make it a number or array",
    ),
    _Case(
        r"Cannot (?:modify|write|store).*readonly|[Rr]ead.?only",
        "writing to it",
        "is refused",
        "copy it first",
    ),
    _Case(
        r"Unknown attribute ['\"](\w+)['\"] of type ([^\n]+)",
        "the attribute {0}",
        "is not known to compiled code",
        "declare it with ql.param, ql.feature or ql.state",
    ),
    _Case(
        r"Cannot unify ([^\n]+) and ([^\n]+) for '([\w.$]+)'",
        "{2}",
        "is of two types ({0} and {1})",
        "give it one type from the beginning",
    ),
    _Case(
        r"non-precise type|[Cc]annot determine Numba type|[Uu]ntyped|pyobject|reflected list|heterogen",
        "its type",
        "is not known to compiled code",
        "use numbers, tuples of numbers or NumPy arrays",
    ),
    _Case(
        r"make_function|closure|lambda",
        "a function inside a function",
        "is not compiled",
        "move it to the module",
    ),
    _Case(
        r"variable .?(\w+).? referenced before|not defined",
        "a variable",
        "may have no value",
        "set it before",
    ),
)


def compile_or_refuse(dispatcher: Any, signature: Any, function: Any) -> None:
    """Compile a dispatcher or read it from disk.

    Raises
    ------
    Refusal
        If `function`, the user's, or what it calls, does what compiled code cannot.
    """
    try:
        dispatcher.compile(signature)
    except Refusal:
        raise
    except Exception as error:
        raise explained(error, function) from error


def explained(error: Exception, function: Any) -> Refusal:
    """Return a refusal in one sentence for what Numba raised when it compiled `function`."""
    refusal = _inner(error)
    if refusal is not None:
        return refusal
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    construct, reason, remedy, keyword = _meaning(text)
    filename, line = _place(error, text, function, keyword)
    source = linecache.getline(filename, line).strip()
    if source and construct and construct not in source:
        reason = f"{reason} ({construct})"
    return Refusal(f"`{source}`" if source else construct, reason, remedy, filename, line)


def _inner(error: BaseException | None) -> Refusal | None:
    """Find a refusal of ours that Numba carried up."""
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, Refusal):
            return error
        error, seen = error.__cause__ or error.__context__, seen + 1
    return None


def _place(error: Exception, text: str, function: Any, keyword: str) -> tuple[str, int]:
    """Return the file of `function` and the line in it that Numba means."""
    code = getattr(function, "py_func", function).__code__
    places = re.findall(r'File "([^"]+)", line (\d+)', text)
    places += re.findall(r"(?:at|from) ([^\s()]+) \((\d+)\)", text)
    own = [int(line) for file, line in places if _is_same(file, code.co_filename)]
    loc = getattr(error, "loc", None)
    if loc is not None and _is_same(loc.filename, code.co_filename):
        return code.co_filename, int(loc.line)
    return code.co_filename, own[0] if own else _line_of(code, keyword)


def _is_same(named: str, filename: str) -> bool:
    """Whether Numba, which shortens paths, names this file."""
    return os.path.abspath(named) == os.path.abspath(filename)


def _line_of(code: CodeType, keyword: str) -> int:
    """Return the first line of a function that begins with `keyword`; its first one if there is none."""
    lines = sorted({line for _, _, line in code.co_lines() if line})
    found = (
        n for n in lines if keyword and linecache.getline(code.co_filename, n).strip().startswith(keyword)
    )
    return next(found, code.co_firstlineno)


def _meaning(text: str) -> tuple[str, str, str, str]:
    """Return construct, reason, remedy and keyword of what Numba says."""
    for case in CASES:
        found = re.search(case.pattern, text)
        if found:
            groups = [_plain(group or "") for group in found.groups()]
            construct, reason, remedy = (
                s.format(*groups) for s in (case.construct, case.reason, case.remedy)
            )
            return construct, reason, remedy, case.keyword
    return "", f"cannot be compiled ({_first_line(text)})", PYTHON, ""


def _plain(text: str) -> str:
    """Say Numba's types as a user would, and leave out the numbers that it gives to versions of a variable."""
    text = re.sub(r"Literal\[str\]\([^)]*\)|unicode_type", "text", text)
    text = re.sub(r"Literal\[(\w+)\]\(([^)]*)\)", r"\2", text)
    return re.sub(r"^([A-Za-z_]\w*)\.\d+$", r"\1", text)


def _first_line(text: str) -> str:
    """Return the first line of Numba's message that says something."""
    for line in text.splitlines():
        plain = line.strip(" .>")
        if plain and not plain.startswith(("Failed in", "There are", "- Of which", "During", "File")):
            return plain[:120]
    return "no reason given"
