"""What runs from end to end: answering a call, learning in the background, importing, prefetch."""
