"""Tables, pages and figures of plain values; nothing here knows what a backtest is."""
