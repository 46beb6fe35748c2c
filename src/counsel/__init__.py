"""Counsel sits beside AI agents: advises before they act, learns after, keeps the record."""

__version__ = "0.1.0"
