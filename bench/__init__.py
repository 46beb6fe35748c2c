"""The figures of the design pages: one bench per module, each beside its counterpart.

`python -m bench [NAMES...] [--json] [--quick]` runs them and writes `bench/out/NAME.json`.

Rules:
- CPU time and ratios, as wall time on a shared machine says little; medians over many runs;
- a counterpart is measured in the same run, interleaved. A figure that somebody published is
  named `quoted`, a target of the design pages `goal`: those were not measured here;
- the work is real: the real service in a process of its own, the real store, generated lessons.
"""
