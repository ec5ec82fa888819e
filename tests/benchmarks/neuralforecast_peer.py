"""The same LSTM in NeuralForecast and here: same windows, inputs, sizes, batches, steps, loss and optimiser."""

import logging
import warnings

import numpy as np
import pandas as pd

N_SYMBOLS, LOOKBACK, HIDDEN, BATCH, LEVELS = 5, 32, 64, 256, (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
EXTRA = tuple(f"x{number}" for number in range(5))  # with the series itself six inputs, as many as ours has


def frame_of(closes):
    """Log returns of each symbol, and five columns beside them, in NeuralForecast's long layout."""
    returns = np.diff(np.log(closes), axis=0)
    noise = np.random.default_rng(1).normal(size=(*returns.shape, len(EXTRA)))
    days = pd.date_range("2015-01-01", periods=len(returns))
    parts = [
        pd.DataFrame(
            {
                "unique_id": f"S{k}",
                "ds": days,
                "y": returns[:, k],
                **dict(zip(EXTRA, noise[:, k].T, strict=True)),
            }
        )
        for k in range(returns.shape[1])
    ]
    return pd.concat(parts, ignore_index=True)


def peer(steps):
    """Their forecaster, silent, on the processor."""
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MQLoss
    from neuralforecast.models import LSTM

    model = LSTM(
        h=1,
        input_size=LOOKBACK,
        hist_exog_list=list(EXTRA),
        encoder_n_layers=1,
        encoder_hidden_size=HIDDEN,
        encoder_dropout=0.0,
        decoder_layers=1,
        loss=MQLoss(quantiles=list(LEVELS)),
        max_steps=steps,
        learning_rate=1e-3,
        val_check_steps=10 * steps,
        batch_size=N_SYMBOLS,
        windows_batch_size=BATCH,
        scaler_type="identity",
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    return NeuralForecast(models=[model], freq="D")


def recipe(epochs):
    """Our recipe of that shape."""
    import quantlab as ql

    return ql.LSTM(
        lookback=LOOKBACK,
        hidden=HIDDEN,
        dropout=0.0,
        levels=LEVELS,
        optimiser="adam",
        weight_decay=0.0,
        batch=BATCH,
        epochs=epochs,
        patience=epochs,
        device="cpu",
    )
