"""The demonstration: a storm over simulated BMCs, a daemon killed in it, and a verdict from their own log."""
