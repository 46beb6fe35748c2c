"""The service: a raw ASGI app on a Unix socket and loopback HTTP, and its life."""
