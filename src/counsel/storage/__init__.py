"""Where things are kept: one package per engine, all under one contract suite."""
