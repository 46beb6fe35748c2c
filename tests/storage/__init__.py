"""One contract suite over all engines, then what is special about each."""
