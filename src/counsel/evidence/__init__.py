"""AdviceBench: recorded sessions played through an advisor in time order, and what it was worth."""
