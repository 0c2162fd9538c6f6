"""Every notation of a card number, and the one canonical form behind them."""
