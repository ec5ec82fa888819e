"""`self` and `now` as Numba types: values made of numbers and addresses, so that nothing in the loop is counted.

A type is known by the layout and the code of its strategy, never by a class name: two classes of one name are two
types.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from numba import typeof, types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing import templates
from numba.core.typing.templates import AbstractTemplate, AttributeTemplate
from numba.extending import (
    infer_getattr,
    lower_getattr_generic,
    lower_setattr_generic,
    models,
    register_model,
)

from quantlab.engine.compiled.layout import Layout
from quantlab.errors import StrategyError
from quantlab.kernels.places import FIELDS, PERIODS
from quantlab.kernels.pointers import array_value

KINDS: Final[Mapping[str, Any]] = {"int": types.int64, "float": types.float64, "bool": types.boolean}
# What `now` carries: its place in time, and the addresses that its attributes and methods read.
NOW_PLACES: Final = (
    *FIELDS, *PERIODS, "time", "present", "ready", "tradable", "names", "name_places", "position", "money", "equity",
    "place", "place_all",
)  # fmt: skip
ROW: Final = types.Array(types.float64, 1, "C", readonly=True)
FLAGS: Final = types.Array(types.boolean, 1, "C", readonly=True)


class Method(NamedTuple):
    """A helper method of a strategy, ready to be called by compiled code."""

    dispatcher: Any
    is_static: bool


class NowType(types.Type):  # type: ignore[misc]
    """`now` of one strategy."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        super().__init__(name=f"Now({layout})")


class SelfType(types.Type):  # type: ignore[misc]
    """`self` of one strategy.

    `content` names its code; `strings` are text parameters, `constants` undeclared class attributes, `methods` its
    helper methods.
    """

    def __init__(
        self,
        content: str,
        layout: Layout,
        strings: Mapping[str, str],
        constants: Mapping[str, Any],
        methods: Mapping[str, Method],
    ) -> None:
        self.layout = layout
        self.strings = strings
        self.constants = constants
        self.methods = methods
        super().__init__(name=f"Self({content})")


class InputType(types.Type):  # type: ignore[misc]
    """The handle of a declared input; `levels` are a forecast's quantile levels."""

    def __init__(self, levels: tuple[float, ...]) -> None:
        self.levels = levels
        super().__init__(name=f"Input{levels!r}")


@register_model(NowType)
class _NowModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: NowType) -> None:
        names = ["table", "n_symbols", "bar", "offset", *NOW_PLACES]
        super().__init__(manager, kind, [(name, types.int64) for name in names])


@register_model(InputType)
class _InputModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: InputType) -> None:
        names = ["values", *(f"level{k}" for k in range(len(kind.levels)))]
        super().__init__(manager, kind, [(name, types.int64) for name in names])


@register_model(SelfType)
class _SelfModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: SelfType) -> None:
        members = [("table", types.int64), ("n_symbols", types.int64)]
        layout = kind.layout
        members += [(f"param_{name}", KINDS[k]) for name, k in layout.params if k != "str"]
        members += [(f"input_{name}", InputType(levels)) for name, levels in layout.inputs]
        members += [(f"array_{name}", types.int64) for name in layout.arrays]
        super().__init__(manager, kind, members)


# now --------------------------------------------------------------------------------------------------------------


@infer_getattr
class _NowAttributes(AttributeTemplate):  # type: ignore[misc]
    key = NowType

    def generic_resolve(self, kind: NowType, name: str) -> Any:
        if name in FIELDS or name == "position":
            return ROW
        if name in ("ready", "tradable"):
            return FLAGS
        if name in ("n_symbols", "bar", "time"):
            return types.int64
        return types.float64 if name in ("cash", "equity") else None


@lower_getattr_generic(NowType)
def _now_attribute(context: Any, builder: Any, kind: NowType, value: Any, name: str) -> Any:
    now = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    if name in ("n_symbols", "bar"):
        return getattr(now, name)
    if name in ("cash", "equity", "time"):
        place = "money" if name == "cash" else name
        at = context.get_constant(types.int64, 0) if name == "cash" else now.bar
        number = types.int64 if name == "time" else types.float64
        pointer = builder.inttoptr(getattr(now, place), context.get_data_type(number).as_pointer())
        return builder.load(builder.gep(pointer, [at]))
    array_type = FLAGS if name in ("ready", "tradable") else ROW
    address = getattr(now, name)
    if name != "position":
        size = context.get_constant(types.int64, 1 if array_type is FLAGS else 8)
        address = builder.add(address, builder.mul(now.offset, size))
    return array_value(context, builder, array_type, address, [now.n_symbols])


# self -------------------------------------------------------------------------------------------------------------


@infer_getattr
class _SelfAttributes(AttributeTemplate):  # type: ignore[misc]
    key = SelfType

    def generic_resolve(self, kind: SelfType, name: str) -> Any:
        layout = kind.layout
        if name in kind.strings:
            return types.literal(kind.strings[name])
        for declared, k in (*layout.params, *layout.scalars):
            if declared == name:
                return KINDS[k]
        for declared, levels in layout.inputs:
            if declared == name:
                return InputType(levels)
        if name in layout.arrays:
            return types.Array(types.float64, 1, "C")
        if name in kind.methods:
            return types.BoundFunction(_method(kind, name), kind)
        if name in kind.constants:
            return _constant_type(kind.constants[name])
        return None


def _constant_type(value: Any) -> Any:
    if isinstance(value, str):
        return types.literal(value)
    kind = typeof(value)
    # What the class holds is frozen into the code.
    return kind.copy(readonly=True) if isinstance(kind, types.Array) else kind


def _method(kind: SelfType, name: str) -> Any:
    """Return the template of a helper method: a call of its dispatcher, with `self` in front unless it is static."""
    method = kind.methods[name]
    dispatcher = types.Dispatcher(method.dispatcher)
    _lower_method(name)

    class Template(AbstractTemplate):  # type: ignore[misc]
        key = (SelfType, name)

        def generic(self, args: Any, kws: Any) -> Any:
            if method.is_static:
                return dispatcher.get_call_type(self.context, args, kws).replace(recvr=kind)
            return dispatcher.get_call_type(self.context, (kind, *args), kws).as_method()

    return Template


@cache
def _lower_method(name: str) -> None:
    """Tell Numba how a method of this name is called, whatever the strategy."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        method = signature.args[0].methods[name]
        if method.is_static:
            signature = templates.signature(signature.return_type, *signature.args[1:])
            arguments = arguments[1:]
        call = context.get_function(types.Dispatcher(method.dispatcher), signature)
        value = call(builder, arguments)
        context.add_linking_libs(getattr(call, "libs", ()))
        return value

    lower_builtin((SelfType, name), SelfType, types.VarArg(types.Any))(emit)


@lower_getattr_generic(SelfType)
def _self_attribute(context: Any, builder: Any, kind: SelfType, value: Any, name: str) -> Any:
    layout = kind.layout
    if name in kind.strings:
        return context.get_dummy_value()
    me = cgutils.create_struct_proxy(kind)(context, builder, value=value)
    for declared, _ in layout.params:
        if declared == name:
            return getattr(me, f"param_{name}")
    for declared, k in layout.scalars:
        if declared == name:
            pointer = _state_pointer(context, builder, kind, me, name, k)
            return context.unpack_value(builder, KINDS[k], pointer)
    for declared, _ in layout.inputs:
        if declared == name:
            return getattr(me, f"input_{name}")
    if name in layout.arrays:
        array_type = types.Array(types.float64, 1, "C")
        return array_value(context, builder, array_type, getattr(me, f"array_{name}"), [me.n_symbols])
    constant = kind.constants[name]
    return context.get_constant_generic(builder, _constant_type(constant), constant)


def _state_pointer(context: Any, builder: Any, kind: SelfType, me: Any, name: str, k: str) -> Any:
    place = kind.layout.places["scalar", name]
    address = builder.add(me.table, context.get_constant(types.int64, 8 * place))
    return builder.inttoptr(address, context.get_data_type(KINDS[k]).as_pointer())


@lower_setattr_generic(SelfType)
def _set_self_attribute(context: Any, builder: Any, signature: Any, arguments: Any, name: str) -> None:
    kind, value_type = signature.args
    me = cgutils.create_struct_proxy(kind)(context, builder, value=arguments[0])
    if name in kind.layout.arrays:
        _must_be_itself(context, builder, value_type, arguments[1], getattr(me, f"array_{name}"))
        return
    k = dict(kind.layout.scalars)[name]
    pointer = _state_pointer(context, builder, kind, me, name, k)
    context.pack_value(builder, KINDS[k], arguments[1], pointer)


def _must_be_itself(context: Any, builder: Any, array_type: Any, value: Any, address: Any) -> None:
    """Raise unless an array lies at `address`: ``self.state += 1.0`` assigns the state to itself, nothing else may."""
    data = context.make_array(array_type)(context, builder, value).data
    differs = builder.icmp_unsigned("!=", builder.ptrtoint(data, address.type), address)
    with builder.if_then(differs, likely=False):
        context.call_conv.return_user_exc(
            builder, StrategyError, ("a state with a number per symbol was replaced",)
        )
