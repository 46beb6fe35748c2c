"""Everything in dicts and lists: small enough to be the specification of the other engines."""
