"""Agents: one module each, `parse` their hook payload and `render` the answer, both pure."""
