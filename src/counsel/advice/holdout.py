"""Which advice is deliberately not shown, so that its usefulness can be measured as a contrast.

A keyed hash decides, not chance: the same call gives the same decision in every process and in a
replay, and nobody without the key can foresee it.
"""

from hashlib import blake2b

from counsel.model.ids import TraceId


def held_out(key: bytes, trace: TraceId, item: str, share: float) -> bool:
    """True for `share` of all (trace, item), evenly. `key` has at most 64 bytes."""
    text = f"{trace}\0{item}".encode("utf-8", "surrogatepass")
    digest = blake2b(text, digest_size=8, key=key).digest()
    return int.from_bytes(digest, "big") < int(share * 2**64)
