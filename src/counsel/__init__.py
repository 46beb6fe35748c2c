"""Counsel sits beside AI agents: it advises and decides before they act, learns after, keeps the record."""

__version__ = "0.1.0"
