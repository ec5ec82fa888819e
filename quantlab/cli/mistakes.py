"""What goes wrong, as a person at a terminal wants to see it.

A caller's mistake is one message and exit code 2. An exception in the caller's own code is their lines and
exit code 1. A fault of quantlab itself is a whole traceback, for whoever repairs it.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from traceback import StackSummary, TracebackException
from typing import Any

from typer.core import TyperGroup

from quantlab.cli.output import say
from quantlab.errors import QuantlabError

FAILED, MISTAKE = 1, 2

_OURS = str(Path(__file__).parents[1]) + os.sep
_INSTALLED = tuple({sysconfig.get_path(kind) + os.sep for kind in ("stdlib", "purelib", "platlib")})


class Verbs(TyperGroup):
    """A group of commands that explains mistakes instead of raising them."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and leave with its exit code."""
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except Exception as error:
            code = explain(error)
        sys.exit(code)


def explain(error: Exception) -> int:
    """Say on stderr what went wrong and return the exit code; what is nobody's mistake is raised again."""
    if hasattr(error, "format_message"):  # typer's usage errors, whose class has moved between its versions
        if text := _usage(error):
            say(text)
        return MISTAKE
    theirs = _frames_of_caller(error)
    if isinstance(error, QuantlabError):
        say("".join(theirs.format()) + "\n".join([f"error: {error}", *getattr(error, "__notes__", ())]))
        return MISTAKE
    if theirs:
        say(told(error))
        return FAILED
    if isinstance(error, OSError):
        say(f"error: {error}")
        return MISTAKE
    raise error


def told(error: BaseException) -> str:
    """Text of an exception with the caller's lines only, without the way through quantlab to them."""
    telling = TracebackException.from_exception(error)
    telling.stack = _frames_of_caller(error)
    return "".join(telling.format() if telling.stack else telling.format_exception_only()).rstrip()


def _frames_of_caller(error: BaseException) -> StackSummary:
    """Frames from the first line of the caller's own files on, without those of quantlab."""
    frames = TracebackException.from_exception(error).stack
    first = next((i for i, frame in enumerate(frames) if _is_callers(frame.filename)), len(frames))
    return StackSummary.from_list([frame for frame in frames[first:] if not frame.filename.startswith(_OURS)])


def _is_callers(filename: str) -> bool:
    return not filename.startswith((_OURS, "<", *_INSTALLED))


def _usage(error: Any) -> str:
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(error.message)  # the help; empty where typer has printed it already
    near = sorted(getattr(error, "possibilities", None) or ())
    text = f"{error.message}. Did you mean {near[0]!r}?" if near else error.format_message()
    context = getattr(error, "ctx", None)
    return f"error: {text}" + (f"\nTry: {context.command_path} --help" if context else "")
