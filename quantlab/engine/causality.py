"""Whether a strategy looks ahead: the future is changed, and the past must stand still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quantlab.display.progress import progress_bar
from quantlab.engine.backtest import NO_COSTS, chosen_engine, span_of
from quantlab.engine.causality_report import CausalityReport as CausalityReport
from quantlab.engine.causality_report import Finding
from quantlab.engine.differences import Difference, differences
from quantlab.engine.strategy import Strategy
from quantlab.errors import CausalityError, DataError
from quantlab.market.bars import Bars
from quantlab.trading.account import Account, Execution, terms_of
from quantlab.trading.costs import Costs
