"""The main job on real input, told as a story: a scripted agent, and everything else real."""
