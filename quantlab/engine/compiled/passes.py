"""The compiler of user code: Numba's, with passes that serve or refuse what would give other bits.

Three passes are added. *Functions* resolves every call of a function of a module, a builtin or a function of the
user's, before types are known. *Methods* does the same for methods of arrays, with the types that a first
inference gives. *Arithmetic* (``typed_arithmetic``) looks at operators once all types are known.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any, ClassVar, NamedTuple

from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.dispatcher import Dispatcher
from numba.core.typed_passes import NopythonTypeInference, type_inference_stage
from numba.core.untyped_passes import InlineClosureLikes, LiteralPropagationSubPipelinePass

from quantlab.engine.compiled.operations import METHODS, REFUSED_MODULES, Same, operation_of
from quantlab.engine.compiled.refusals import PYTHON, Refusal
from quantlab.engine.compiled.resolution import Editor, Known, definition, known, settle
from quantlab.engine.compiled.served_calls import Call, refuse
from quantlab.engine.compiled.typed_arithmetic import Arithmetic
from quantlab.engine.compiled.unset_names import refuse_unset

HIDDEN = "a method that is looked at later"
Resolve = Callable[[FunctionType], Any]
"""Makes a dispatcher out of a plain function of the user's."""


def _root(value: Any) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]


def _is_ours(value: Any) -> bool:
    """Tell a dispatcher that this compiler made, or a kernel of quantlab's."""
    options = getattr(value, "targetoptions", {})
    compiler = options.get(
        "pipeline_class", getattr(getattr(value, "_compiler", None), "pipeline_class", None)
    )
    return (isinstance(compiler, type) and issubclass(compiler, UserCompiler)) or _root(value) == "quantlab"


def _users_function(value: Any) -> FunctionType | None:
    """Return the plain function behind something of the user's, compiled by hand or not; None for all else."""
    if isinstance(value, Dispatcher):
        return None if _is_ours(value) else value.py_func
    foreign = _root(value) in ("numba", "numpy") or _root(value) in sys.stdlib_module_names - {"__main__"}
    return value if isinstance(value, FunctionType) and not foreign else None


def _needs_no_operation(value: Any) -> bool:
    """Tell what may be called as it is: exceptions, named tuples, dispatchers of ours, and Numba's own."""
    if isinstance(value, type):
        return issubclass(value, BaseException) or (issubclass(value, tuple) and hasattr(value, "_fields"))
    return isinstance(value, Dispatcher) or _root(value) in ("numba", "quantlab")


@register_pass(mutates_CFG=False, analysis_only=False)
class Functions(FunctionPass):  # type: ignore[misc]
    """Serve or refuse calls of known functions; make dispatchers out of the user's own."""

    _name = "quantlab_functions"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Rewrite the statements of ``state.func_ir``."""
        func_ir = state.func_ir
        resolve = state.pipeline.resolve
        for block in func_ir.blocks.values():
            editor = Editor(block)
            for statement in block.body:
                if isinstance(statement, ir.Assign):
                    _refuse_what_is_not_compiled(statement)
                    _serve_function(func_ir, editor, statement, resolve)
                editor.body.append(statement)
            block.body = editor.body
        _clear_names(func_ir, resolve)
        settle(func_ir)
        refuse_unset(func_ir)
        return True


def _refuse_what_is_not_compiled(statement: Any) -> None:
    value, loc = statement.value, statement.loc
    if not isinstance(value, ir.Expr):
        return
    if value.op == "make_function":
        where = (loc.filename, loc.line)
        raise Refusal("a function inside a function", "is not compiled", "move it to the module", *where)
    if value.op == "build_set":
        where = (loc.filename, loc.line)
        raise Refusal("a set", "has another order when compiled", "use a tuple or a list", *where)


def _serve_function(func_ir: Any, editor: Editor, statement: Any, resolve: Resolve | None) -> None:
    """Rewrite a call of something known before types are."""
    call = statement.value
    if not (isinstance(call, ir.Expr) and call.op == "call"):
        return
    callee = known(func_ir, call.func)
    if callee is None:
        return
    if _root(callee.value) == "numba" and callee.value.__module__.endswith("unsafe.eh"):
        # Checks that Python does not make would run the handler.
        what, remedy = "try/except", "test for the case with `if` before"
        raise Refusal(what, "is not compiled", remedy, call.loc.filename, call.loc.line)
    if callee.value is pow and len(call.args) == 2 and not call.kws:
        statement.value = ir.Expr.binop(operator.pow, *call.args, call.loc)
        return
    found = operation_of(callee.value)
    if found is not None:
        statement.value = Call(func_ir, editor, call, callee.text).served(found[1])
        return
    function = _users_function(callee.value)
    if function is not None and resolve is not None:
        call.func = editor.put_object(resolve(function), callee.text, call.loc)
    elif function is None and not _needs_no_operation(callee.value):
        raise _unknown(callee, call.loc)


def _unknown(callee: Known, loc: Any) -> Refusal:
    for module, refused in REFUSED_MODULES.items():
        if any(getattr(module, part, None) is callee.value for part in callee.text.split(".")[-1:]):
            return refuse(callee.text, refused.reason, refused.remedy, loc)
    remedy = f"write it with what is known, or {PYTHON}"
    return refuse(callee.text, "is not known to give the same bits when compiled", remedy, loc)


def _assignments(func_ir: Any) -> Iterator[tuple[Any, Any]]:
    for block in func_ir.blocks.values():
        for statement in block.body:
            if isinstance(statement, ir.Assign):
                yield block, statement


def _used(func_ir: Any) -> set[str]:
    """Names of all variables that are read somewhere."""
    names = set()
    for block in func_ir.blocks.values():
        for statement in block.body:
            read = statement.value if isinstance(statement, ir.Assign) else statement
            if isinstance(read, ir.Var):
                names.add(read.name)
            elif hasattr(read, "list_vars"):
                names.update(v.name for v in read.list_vars())
    return names


def _clear_names(func_ir: Any, resolve: Resolve | None) -> None:
    """Drop names that nothing reads any more, and settle what the others stand for."""
    known_to = {id(s): known(func_ir, s.target) for _, s in _assignments(func_ir) if _is_name(s.value)}
    removed = True
    while removed:
        used = _used(func_ir)
        removed = False
        for block in func_ir.blocks.values():
            kept = [s for s in block.body if known_to.get(id(s)) is None or s.target.name in used]
            removed = removed or len(kept) < len(block.body)
            block.body = kept
    for _, statement in _assignments(func_ir):
        named = known_to.get(id(statement))
        if named is not None:
            _settle_name(statement, named, resolve)


def _is_name(value: Any) -> bool:
    return isinstance(value, ir.Global | ir.FreeVar) or (isinstance(value, ir.Expr) and value.op == "getattr")


def _settle_name(statement: Any, named: Known, resolve: Resolve | None) -> None:
    value, loc = named.value, statement.loc
    function = _users_function(value)
    if function is not None and resolve is not None:
        statement.value = ir.Global(named.text, resolve(function), loc)
    elif isinstance(value, int | float | str | tuple):
        statement.value = ir.Global(named.text, value, loc)
    elif not isinstance(value, type | ModuleType):
        found = operation_of(value)
        if found is not None and not isinstance(found[1], Same):
            where = (loc.filename, loc.line)
            raise Refusal(named.text, "is compiled in calls only", f"write {named.text}(…)", *where)


@register_pass(mutates_CFG=False, analysis_only=False)
class Methods(FunctionPass):  # type: ignore[misc]
    """Serve or refuse methods of arrays; methods of anything else stay what they are."""

    _name = "quantlab_methods"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Rewrite the statements of ``state.func_ir``, as long as types become known by it."""
        changed = False
        while True:
            waiting = _method_calls(state.func_ir)
            if not waiting or not _serve_methods(state, waiting):
                return changed
            _drop_unread(state.func_ir, {id(m.method) for m in waiting})
            settle(state.func_ir)
            changed = True


class _MethodCall(NamedTuple):
    """A call of something that could be a method of an array."""

    block: Any
    statement: Any
    method: Any
    receiver: Any


def _method_calls(func_ir: Any) -> list[_MethodCall]:
    found = []
    for block, statement in _assignments(func_ir):
        call = statement.value
        if not (isinstance(call, ir.Expr) and call.op == "call"):
            continue
        method = definition(func_ir, call.func)
        if not (isinstance(method, ir.Expr) and method.op == "getattr"):
            continue
        if not isinstance(METHODS.get(method.attr, Same()), Same):
            found.append(_MethodCall(block, statement, method, definition(func_ir, method.value)))
    return found


def _infer(state: Any) -> dict[str, Any]:
    """Return the types of variables, as far as they can be known."""
    inferred = type_inference_stage(
        state.typingctx,
        state.targetctx,
        state.func_ir,
        state.args,
        state.return_type,
        state.locals,
        raise_errors=False,
    )
    return dict(inferred.typemap)


def _receivers(state: Any, waiting: list[_MethodCall]) -> Iterator[dict[str, Any]]:
    """Yield the types of receivers by name: those of arguments, then what can be inferred.

    Numba's own versions of the methods would be compiled when their types are inferred; they are hidden first.
    """
    yield {
        m.method.value.name: state.args[m.receiver.index] for m in waiting if isinstance(m.receiver, ir.Arg)
    }
    if not all(isinstance(m.receiver, ir.Arg) for m in waiting):
        names = [m.method.attr for m in waiting]
        for call in waiting:
            call.method.attr = HIDDEN
        try:
            hidden = _infer(state)
        finally:
            for call, name in zip(waiting, names, strict=True):
                call.method.attr = name
        yield hidden
        yield _infer(state)


def _serve_methods(state: Any, waiting: list[_MethodCall]) -> bool:
    """Rewrite the calls whose receiver is known to be an array; tell if there were any."""
    for known_types in _receivers(state, waiting):
        found = [
            m for m in waiting if isinstance(known_types.get(m.method.value.name), types.Array | types.List)
        ]
        changed = [_serve_method(state, m, known_types[m.method.value.name]) for m in found]
        if any(changed):
            return True
    return False


def _serve_method(state: Any, call: _MethodCall, receiver: Any) -> bool:
    block, statement, method, _ = call
    if isinstance(receiver, types.List):
        if method.attr == "sort":
            raise refuse(
                "list.sort", "leaves the place of NaN to chance", "use np.sort of an array", statement.loc
            )
        return False
    editor = Editor(block)
    served = Call(state.func_ir, editor, statement.value, f"array.{method.attr}", [method.value])
    statement.value = served.served(METHODS[method.attr])
    at = next(k for k, s in enumerate(block.body) if s is statement)
    block.body[at:at] = editor.body
    return True


def _drop_unread(func_ir: Any, methods: set[int]) -> None:
    """Remove look-ups of methods that nothing calls any more: Numba may not know them."""
    used = _used(func_ir)
    for block in func_ir.blocks.values():
        block.body = [
            s
            for s in block.body
            if not (isinstance(s, ir.Assign) and id(s.value) in methods and s.target.name not in used)
        ]


class UserCompiler(CompilerBase):  # type: ignore[misc]
    """Numba's compiler with the three passes; give it to ``njit`` as ``pipeline_class``.

    ``error_model="python"`` and ``boundscheck=True`` belong to it: division by zero and places outside of an array
    raise, as in Python.
    """

    resolve: ClassVar[Resolve | None] = None

    def define_pipelines(self) -> list[Any]:
        """Return the default pipeline with the passes in their places."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(Functions, InlineClosureLikes)
        passes.add_pass_after(Methods, LiteralPropagationSubPipelinePass)
        passes.add_pass_after(Arithmetic, NopythonTypeInference)
        passes.finalize()
        return [passes]


def make_user_compiler(resolve: Resolve) -> type[UserCompiler]:
    """Return a compiler that turns plain functions of the user's into dispatchers by `resolve`."""
    return type("UserCompiler", (UserCompiler,), {"resolve": staticmethod(resolve)})
