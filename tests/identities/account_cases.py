"""Random accounts, costs and the fields they read, for property tests."""

import numpy as np
from hypothesis import strategies as st

import quantlab as ql

rates = st.sampled_from([0.0, 0.001, 0.01])
any_costs = st.builds(
    ql.Costs,
    commission=rates,
    commission_per_unit=st.sampled_from([0.0, 0.0, 0.01]),
    commission_fixed=st.sampled_from([0.0, 0.0, 1.0]),
    commission_minimum=st.sampled_from([0.0, 0.0, 2.0]),
    slippage=rates,
    spread=st.sampled_from([0.0, 0.01, "quoted"]),
    volume_slippage=st.sampled_from([0.0, 0.0, 0.05]),
    volatility_slippage=st.sampled_from([0.0, 0.0, 0.1]),
    impact=st.sampled_from([0.0, 0.0, 0.3]),
)


def holding_fields(seed, n_bars, n_symbols):
    """What bars may say beside prices: payouts, funding, rates and units of lenders, and quoted spreads."""
    rng = np.random.default_rng(seed)
    shape = n_bars, n_symbols
    return {
        "dividend": np.where(rng.random(shape) < 0.3, rng.choice([0.25, 1.5, np.nan], shape), 0.0),
        "funding": np.where(rng.random(shape) < 0.3, rng.choice([0.01, -0.02, np.nan], shape), 0.0),
        "lending": rng.choice([0.0, 0.05, 0.5], shape),
        "free": rng.choice([0.0, 3.0, 20.0, 1_000.0], shape),
        "quoted": rng.choice([-0.1, 0.0, 0.02, np.nan], shape),
    }


@st.composite
def accounts(draw, bars):
    """Accounts of every kind, for bars with `holding_fields`; most have few terms."""
    leverage = draw(st.sampled_from([1.0, 1.0, 0.5, 2.0, 5.0]))
    rare = st.integers(0, 3).map(lambda k: k == 0)
    chosen = {"leverage": leverage, "whole_units": draw(st.booleans())}
    if draw(rare):
        chosen["maintenance"] = 0.8 / leverage
    if draw(rare):
        chosen |= {"interest_annual": 0.03, "loan_annual": 0.08}
        chosen["borrow_annual"] = draw(st.sampled_from([0.05, "lending"]))
    if draw(rare):
        chosen["shortable"] = draw(st.sampled_from([0.0, 3.0, "free"]))
    if draw(rare):
        chosen["payout"] = "dividend"
    if draw(rare):
        chosen["funding"] = "funding"
    if draw(rare):
        chosen["instruments"] = {bars.symbols[0]: ql.Instrument(multiplier=5.0, tick=0.25, lot=0.1)}
    return ql.Account(**chosen)
