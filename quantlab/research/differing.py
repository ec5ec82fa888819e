"""What was chosen differently in runs that stand side by side."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from quantlab.display.facts import flat

ABSENT = "–"


def parameters(code: str) -> dict[str, str]:
    """Parameters of a strategy as it prints, by name; nothing where a name is no call.

    >>> parameters("SmaCross(fast=20, slow=50)")
    {'fast': '20', 'slow': '50'}
    >>> parameters("my best run")
    {}
    """
    try:
        call = ast.parse(code, mode="eval").body
    except (SyntaxError, ValueError):
        return {}
    if not isinstance(call, ast.Call):
        return {}
    return {one.arg: ast.unparse(one.value) for one in call.keywords if one.arg is not None}


def differing(provenance: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Parameters, settings and bars that not all runs share, as texts: a row a run, a column a fact.

    What a run does not have is a dash. There is no column where all agree.
    """
    chosen = {name: _chosen(origin) for name, origin in provenance.items()}
    facts = dict.fromkeys(fact for own in chosen.values() for fact in own)
    columns = {fact: [own.get(fact, ABSENT) for own in chosen.values()] for fact in facts}
    told = {fact: values for fact, values in columns.items() if len(set(values)) > 1}
    return pd.DataFrame(told, index=list(chosen), dtype=object)


def class_of(origin: Mapping[str, Any]) -> str:
    """Class of a run's strategy; empty where it is not known."""
    return str(origin.get("strategy", {}).get("code", "")).split("(")[0]


def searched(provenance: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Numbers that differ among the largest group of runs that share all the rest: a row a run, a column a parameter.

    Two columns at least: no row where the group differs in one parameter, in text, or in more than two without being
    from one sweep.
    """
    group = _largest([(str(_key(origin)), name) for name, origin in provenance.items() if _own(origin)])
    own = pd.DataFrame({name: _own(provenance[name]) for name in group}).T
    varied = own.loc[:, own.nunique(dropna=False) > 1].apply(pd.to_numeric, errors="coerce")
    of_one_sweep = len({str(provenance[name].get("sweep", name)) for name in group}) == 1
    fits = len(group) > 2 and varied.notna().all(axis=None) and varied.shape[1] > 1
    return varied if fits and (of_one_sweep or varied.shape[1] == 2) else pd.DataFrame()


def _largest(keyed: Iterable[tuple[str, str]]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for key, name in keyed:
        groups.setdefault(key, []).append(name)
    return max(groups.values(), key=len, default=[])


def _key(origin: Mapping[str, Any]) -> list[tuple[str, str]]:
    return sorted(_around(origin).items())


def _chosen(origin: Mapping[str, Any]) -> dict[str, str]:
    around = _around(origin)
    return {"strategy": around.pop("strategy"), **_own(origin), **around}


def _own(origin: Mapping[str, Any]) -> dict[str, str]:
    return parameters(str(origin.get("strategy", {}).get("code", "")))


def _around(origin: Mapping[str, Any]) -> dict[str, str]:
    """Strategy, settings and bars: what is chosen beside parameters."""
    return {
        "strategy": class_of(origin),
        **dict(flat(origin.get("settings", {}))),
        "bars": str(origin.get("bars", {}).get("fingerprint", ""))[:8],
    }
