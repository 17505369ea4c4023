"""Bodies as they come: compressed or not, in any form of Unicode, never larger than what we take."""

import codecs
import zlib
from collections.abc import Mapping
from typing import IO, Any

from django.utils.http import parse_header_parameters

from core.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType

# An import of 10 MB and its multipart dressing (contract/leads-rules.md §9). Parsers take less (MAX_BODY_BYTES).
MOST_BYTES = 11 * 1024 * 1024
TOO_LARGE = "request entity too large"
_BLOCK = 16_384
# zlib's window bits of each Content-Encoding.
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
_CHARSETS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be")


class Bounded:
    """A stream that refuses to give more than MOST_BYTES."""

    def __init__(self, source: Any) -> None:
        self._source, self._left = source, MOST_BYTES

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes. Raises PayloadTooLarge beyond the limit."""
        piece: bytes = self._source.read(self._left + 1 if size < 0 else size)
        self._left -= len(piece)
        if self._left < 0:
            raise PayloadTooLarge(TOO_LARGE)
        return piece


class Unpacked:
    """What a compressed stream holds, unpacked as it is read, so that a bomb takes no more than what is read of it."""

    def __init__(self, packed: Any, window: int) -> None:
        self._packed, self._unpack = packed, zlib.decompressobj(window)

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end. Raises BadRequest for a body that is not packed completely and exactly once."""
        unpacked = bytearray()
        while len(unpacked) < size and not self._unpack.eof:
            unpacked += self._next(size - len(unpacked))
        return bytes(unpacked)

    def _next(self, most: int) -> bytes:
        packed = self._unpack.unconsumed_tail or self._packed.read(_BLOCK)
        try:
            piece = self._unpack.decompress(packed, most)
        except zlib.error as error:
            raise BadRequest(str(error).rpartition(": ")[2]) from None
        if self._unpack.eof and (self._unpack.unused_data or self._packed.read(1)):
            raise BadRequest("unexpected data after the end of the body")
        if not (packed or piece or self._unpack.eof):
            raise BadRequest("unexpected end of file")
        return piece


def opened(source: IO[bytes], meta: Mapping[str, Any]) -> Bounded:
    """Return the body `source` of a request with the headers `meta`, unpacked. Raises UnsupportedMediaType for an unknown
    Content-Encoding, PayloadTooLarge for a length that is never taken."""
    if int(meta.get("CONTENT_LENGTH") or 0) > MOST_BYTES and "HTTP_TRANSFER_ENCODING" not in meta:
        raise PayloadTooLarge(TOO_LARGE)
    encoding = str(meta.get("HTTP_CONTENT_ENCODING") or "identity").strip().lower()
    if encoding == "identity":
        return Bounded(source)
    if encoding not in _WINDOWS:
        raise UnsupportedMediaType(f'unsupported content encoding "{encoding}"')
    return Bounded(Unpacked(source, _WINDOWS[encoding]))


def text_of(stream: Any, content_type: str, limit: int, charsets: tuple[str, ...] = _CHARSETS) -> str:
    """Return the text of a body without its byte order mark. Raises PayloadTooLarge above `limit` bytes, UnsupportedMediaType
    for a charset that is not among `charsets`, BadRequest for bytes that are not valid in it."""
    charset = parse_header_parameters(content_type)[1].get("charset", "utf-8").lower()
    if charset not in charsets:
        raise UnsupportedMediaType(f'unsupported charset "{charset.upper()}"')
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise PayloadTooLarge(TOO_LARGE)
    try:
        return codecs.decode(raw, charset).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise BadRequest(f"Body is not valid {charset.upper()}") from None
