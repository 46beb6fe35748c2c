"""Transcripts: one streaming reader per format; `detect` opens any of them."""
