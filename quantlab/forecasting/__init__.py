"""Forecasts: recipes, training, walk-forward and scores."""
