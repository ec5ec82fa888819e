"""Names that may have no value when they are read: Python raises then, compiled code would read 0."""

from __future__ import annotations

from typing import Any

from numba.core.analysis import compute_cfg_from_blocks, compute_use_defs

from quantlab.engine.compiled.refusals import Refusal


def refuse_unset(func_ir: Any) -> None:
    """Raise a refusal for the first name that is read where not every way to it has set it."""
    blocks = func_ir.blocks
    cfg = compute_cfg_from_blocks(blocks)
    uses = compute_use_defs(blocks)
    known = _set_on_entry(cfg, uses.defmap)
    for label in cfg.topo_order():
        unset = [n for n in uses.usemap[label] if not n.startswith("$") and n not in known[label]]
        if unset:
            raise _refusal(blocks[label], unset)


def _set_on_entry(cfg: Any, set_in: Any) -> dict[Any, set[str]]:
    """Return, for each block, the names that are set on every way to its beginning."""
    everything = set().union(*set_in.values())
    entry = cfg.entry_point()
    known = {label: set() if label == entry else everything for label in cfg.topo_order()}
    changed = True
    while changed:
        changed = False
        for label in cfg.topo_order():
            if label == entry:
                continue
            before = [known[p] | set_in[p] for p, _ in cfg.predecessors(label) if p in known]
            now = set.intersection(*before)
            changed = changed or now != known[label]
            known[label] = now
    return known


def _refusal(block: Any, names: list[str]) -> Refusal:
    for statement in block.body:
        for variable in statement.list_vars():
            if variable.name in names:
                loc = statement.loc
                reason = "may have no value here"
                return Refusal(
                    variable.name, reason, "set it before the branch or loop", loc.filename, loc.line
                )
    raise AssertionError(f"no statement reads {names}")
