"""What was chosen differently in the runs of a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantlab.report.parameters import parameters
from quantlab.report.tables import Cell, Table, flat

SAME = "–"


def difference_table(provenance: Mapping[str, Mapping[str, Any]], keys: Mapping[str, str]) -> Table:
    """Lay out the parameters, settings and bars that not all runs share, a row a run; none where all agree.

    `keys` are the short names of runs. What a run does not have is a dash.
    """
    chosen = {name: _chosen(origin) for name, origin in provenance.items()}
    facts = dict.fromkeys(fact for own in chosen.values() for fact in own)
    differing = [fact for fact in facts if len({own.get(fact) for own in chosen.values()}) > 1]
    rows = tuple(
        (
            Cell(name if keys[name] == name else f"{keys[name]}: {name}"),
            *(_cell(own.get(f, SAME)) for f in differing),
        )
        for name, own in chosen.items()
    )
    title = "Parameters and settings that differ"
    return Table(title, ("run", *differing), rows if differing else (), wide=True, sortable=True)


def _chosen(origin: Mapping[str, Any]) -> dict[str, str]:
    code = str(origin.get("strategy", {}).get("code", ""))
    return {
        "strategy": code.split("(")[0],
        **parameters(code),
        **dict(flat(origin.get("settings", {}))),
        "bars": str(origin.get("bars", {}).get("fingerprint", ""))[:8],
    }


def _cell(text: str) -> Cell:
    try:
        return Cell(text, True, value=float(text))
    except ValueError:
        return Cell(text)
