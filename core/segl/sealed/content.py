"""The plaintext of one sealed file, read from any place and in constant memory.

All chunks but the last have one size, so where a byte stands in the file follows from where it stands in the
message, and a reader that wants an attachment from the middle decrypts only the chunks it lies in. The size that
the store holds says which chunk is the last; a chunk that stands there without the mark "last", or carries it
elsewhere, is not authentic. So every byte given out is one that was sealed, in its place, in a message of that size."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from segl.errors import SeglError
from segl.sealed.format import CHUNK, HEADER, TAG, Damaged, Header, decrypt_chunk, sealed_size
from segl.sealed.keys import Secret
from segl.sealed.storage import SealedFile


class NotOpened(SeglError):
    """The link opens nothing. One public text for every cause."""

    def __init__(self, private: str) -> None:
        super().__init__("the link does not open a message", private)


class SealedContent:
    """A message's plaintext of ``size`` bytes. May be read by several threads at once: no place is kept."""

    def __init__(self, file: SealedFile, key: Secret, message_id: str, size: int) -> None:
        """Takes *file* over, and closes it when it raises :class:`NotOpened`: it has another size than was
        written, or is another message's."""
        self.message_id = message_id
        self.size = size
        self._file = file
        self._cipher = AESGCM(key.reveal())
        self._last = max(1, -(-size // CHUNK)) - 1
        try:
            self._header = self._checked_header()
        except BaseException:
            file.close()
            raise

    def read(self, offset: int, length: int) -> bytes:
        """*length* bytes from *offset*, fewer where the message ends. Raises :class:`NotOpened`."""
        if offset < 0 or length < 0:
            raise ValueError("neither place nor length is negative")
        return b"".join(self.chunks(offset, offset + length))

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from *start* up to *end* (the message's end), in pieces of at most 64 KiB. Raises
        :class:`NotOpened` at the first that is not authentic; those before it were."""
        end = self.size if end is None else min(end, self.size)
        if start < 0:
            raise ValueError("no place is negative")
        if not self.size:
            self._chunk(0)  # even of no bytes it is known that nothing is missing
        while start < end:
            number, skipped = divmod(start, CHUNK)
            piece = self._chunk(number)
            if skipped or start - skipped + len(piece) > end:
                piece = piece[skipped : end - start + skipped]
            yield piece
            start += len(piece)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _checked_header(self) -> Header:
        try:
            if self._file.size != sealed_size(self.size):
                raise self._refusal("the file has another size than was written")
            header = Header.parse(self._exactly(0, HEADER))
        except (Damaged, OSError) as error:
            raise self._refusal(error) from None
        if header.message_id != bytes.fromhex(self.message_id):
            raise self._refusal("another message's file")
        return header

    def _chunk(self, number: int) -> bytes:
        """Chunk *number* whole, of the size that it must have."""
        last = number == self._last
        wanted = (self.size - number * CHUNK if last else CHUNK) + TAG
        try:
            sealed = self._exactly(HEADER + number * (CHUNK + TAG), wanted)
            return decrypt_chunk(self._cipher, self._header, number, last, sealed)
        except (Damaged, OSError) as error:
            raise self._refusal(error) from None

    def _exactly(self, offset: int, length: int) -> bytes:
        data = self._file.read_at(offset, length)
        if len(data) < length:
            raise Damaged("cut off")
        return data

    def _refusal(self, cause: Exception | str) -> NotOpened:
        kind = cause.strerror if isinstance(cause, OSError) else str(cause)
        return NotOpened(f"sealed {self.message_id}: {kind}")
