"""The hot path: one action in, one answer out. `pipeline.py` shows it on one screen."""
