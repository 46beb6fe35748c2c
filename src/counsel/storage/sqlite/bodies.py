"""Values kept whole as JSON in a column `body`, beside their id."""

from typing import Any, Generic, TypeVar

import msgspec

from counsel.model.errors import StoreFault

T = TypeVar("T")


class Bodies(Generic[T]):
    """Encodes and decodes one type; `noun` names it in messages."""

    def __init__(self, noun: str, kind: type[T]) -> None:
        self._noun = noun
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(kind)

    def encode(self, value: T) -> bytes:
        return self._encoder.encode(value)

    def decode(self, rows: list[tuple[Any, ...]]) -> list[T]:
        """The values of (id, body) rows; raises `StoreFault` naming the one that is unreadable."""
        return [self._decode(key, body) for key, body in rows]

    def _decode(self, key: str, body: bytes) -> T:
        try:
            return self._decoder.decode(body)
        except msgspec.DecodeError as error:
            raise StoreFault(
                f"{self._noun} {key!r} cannot be read: {error}.",
                advice="Use the Counsel that wrote it, or remove that row from the store.",
            ) from error
