"""The troubles: one module each."""
