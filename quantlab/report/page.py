"""One self-contained HTML file for a result or a comparison: offline, whole without its script, everything escaped."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from quantlab.engine.result import Result
from quantlab.errors import ResultError
from quantlab.report.comparison_page import comparison_page
from quantlab.report.embedded import as_json
from quantlab.report.result_page import result_page
from quantlab.report.script import policy, script
from quantlab.report.sweep_page import sweep_page
from quantlab.research.comparison import Comparison
from quantlab.research.sweep import Sweep
from quantlab.whole_files import write_whole

if TYPE_CHECKING:
    import jinja2

    from quantlab.research.stress import Stress

TEMPLATES = Path(__file__).parent / "templates"


def report(
    subject: Result | Comparison | Sweep, path: str | Path | None = None, *, stress: Stress | None = None
) -> Path:
    """Write a page about a result, a comparison or a sweep, and return where it is.

    The file opens without a network, and its policy allows no script but the page's own, which zooms, sorts and
    filters; without it charts and tables stand still. That of a result stays below a megabyte: of very many bars
    and trades it shows fewer, and says so. Writing is atomic: a reader sees the old page or the new one.

    Parameters
    ----------
    subject
        What `backtest`, `compare` or `sweep` returned.
    path
        The file to write; one that exists is replaced, and folders that do not are made. By default a name made
        of the strategy, in the working directory.
    stress
        What `stress` of the same strategy and bars returned, for the page of a result: a section of its own.

    Raises
    ------
    ResultError
        If the first argument is none of them, `path` is a folder, its folder cannot be made or written to, or
        `stress` is given for what is no result.
    """
    page = _page(subject, stress)
    target = Path(f"{_slug(page['title'])}.html" if path is None else path).expanduser()
    _require_file(target)
    _write(target, render(page))
    return target


def render(page: dict[str, Any]) -> str:
    """HTML of a page's content; every text in it is escaped."""
    return _template().render(page, script=script(), policy=policy())


@cache
def _template() -> jinja2.Template:
    import jinja2  # only those who write a page wait for it
    import markupsafe

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["as_json"] = lambda data: markupsafe.Markup(as_json(data))
    return environment.get_template("page.html")


def _page(subject: object, stress: Stress | None) -> dict[str, Any]:
    if isinstance(subject, Result):
        return result_page(subject, stress)
    if stress is not None:
        raise ResultError("stress= belongs to the page of one Result: leave it out.")
    if isinstance(subject, Comparison):
        return comparison_page(subject)
    if isinstance(subject, Sweep):
        return sweep_page(subject)
    raise ResultError(
        f"A report is about a Result, a Comparison or a Sweep, not a {type(subject).__name__}; "
        "give what ql.backtest or ql.sweep returned, or ql.compare(results) of several."
    )


def _slug(title: str) -> str:
    """Make a file name of a title: letters and digits, joined by hyphens.

    >>> _slug("SmaCross(fast=20, slow=50)")
    'smacross-fast-20-slow-50'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:80] or "report"


def _require_file(target: Path) -> None:
    if target.is_dir():
        raise ResultError(f"{target} is a folder; give a file in it, such as {target / 'report.html'}.")


def _write(target: Path, text: str) -> None:
    """Replace `target` in one step: a half-written page is never seen, and none is left behind."""
    remedy = "choose another folder"  # until a file could be made in this one

    def write(file: IO[bytes]) -> None:
        nonlocal remedy
        remedy = "choose another path"
        file.write(text.encode())

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, write, mode=0o644)
    except OSError as error:
        raise ResultError(f"{target} cannot be written: {error.strerror}; {remedy}.") from error
