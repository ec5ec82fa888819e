"""``quantlab samples``: the bars that come with the package."""

from __future__ import annotations

from dataclasses import asdict

import typer

from quantlab.cli import options
from quantlab.cli.output import strict_json


def samples(json: options.Json = False) -> None:
    """List the bars that come with quantlab; read one as sample:NAME."""
    from quantlab.display.text import table  # pandas: `--help` does not wait for it
    from quantlab.market.samples import samples

    if json:
        typer.echo(strict_json([asdict(sample) for sample in samples()]))
        return
    rows = [
        [
            f"sample:{one.name}",
            one.description,
            ", ".join(one.symbols),
            f"{one.first} to {one.last}",
            one.n_bars,
        ]
        for one in samples()
    ]
    typer.echo(table("", ["bars", "what", "symbols", "sessions", "n"], rows))
