"""Reports of backtest, calibrate and impact: text, Markdown and JSON."""
