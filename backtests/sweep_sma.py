"""Try many averages on five stocks, and see how much of the best is luck."""

from __future__ import annotations

from pathlib import Path

import quantlab as ql
from strategies.sma_cross import SmaCross

FIGURE = Path("runs") / "sweep_sma.html"


def main() -> None:
    bars = ql.read_bars("sample:us5")
    swept = ql.sweep(
        SmaCross,
        bars,
        over={"fast": range(5, 55, 5), "slow": range(40, 220, 20)},
        where=lambda p: p.fast < p.slow,
        costs=ql.Costs(commission=0.0005, slippage=0.0005),
        start="2000-12-29",  # the longest average is warm, so that all trials have the same days
    )
    print(swept, end="\n\n")
    FIGURE.parent.mkdir(exist_ok=True)
    swept.heatmap().write_html(FIGURE, include_plotlyjs=True)
    print(f"Heat map: {FIGURE.resolve()}")


if __name__ == "__main__":
    main()
