"""The zip file that a workbook is: its members, unpacked piece by piece, and counted."""

import io
import zipfile
from collections.abc import Callable, Iterator
from xml.parsers import expat

from core.sheets.table import Unreadable

_MOST_MEMBERS = 2_000
_MOST_UNPACKED = 200 * 1024 * 1024
_MOST_RATIO, _RATIO_FROM = 200, 10 * 1024 * 1024
_CHUNK = 64 * 1024
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """The members of a zip file, unpacked piece by piece and counted."""

    def __init__(self, content: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(content))
        members = self._zip.infolist()
        if len(members) > _MOST_MEMBERS:
            raise Unreadable(f"The workbook has more than {_MOST_MEMBERS} parts")
        self._members = {member.filename.lower().lstrip("/"): member for member in members}
        self._unpacked = 0
        # A file that declares too large a size is refused at once; a smaller declared size is not trusted either (_count).
        for member in members:
            self._count(member.file_size, member.file_size, member.compress_size)
        self._unpacked = 0

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def parse(self, name: str, **handlers: Callable[..., None]) -> Iterator[None]:
        """Feed the XML member `name` to `handlers` of expat, piece by piece: each step is one. Missing members are empty."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _no_doctype
        for handler, function in handlers.items():
            setattr(parser, handler, function)
        try:
            for piece in self._pieces(name):
                parser.Parse(piece, False)
                yield
            if name in self:
                parser.Parse(b"", True)
                yield
        except expat.ExpatError as error:
            raise Unreadable("The workbook is damaged") from error

    def _pieces(self, name: str) -> Iterator[bytes]:
        member = self._members.get(name.lower())
        if member is None:
            return
        if member.flag_bits & 1:
            raise Unreadable("The workbook has a password: save it without")
        if member.compress_type not in _PLAIN:
            raise Unreadable("The workbook is packed in a way that spreadsheets do not use")
        size = 0
        with self._zip.open(member) as file:
            while piece := file.read(_CHUNK):
                size += len(piece)
                self._count(len(piece), size, member.compress_size)
                yield piece

    def _count(self, more: int, size: int, packed: int) -> None:
        self._unpacked += more
        if self._unpacked > _MOST_UNPACKED:
            raise Unreadable(f"The workbook is larger than {_MOST_UNPACKED // 2**20} MB unpacked")
        if size > _RATIO_FROM and size > packed * _MOST_RATIO:
            raise Unreadable(f"The workbook is packed more than {_MOST_RATIO} times smaller than it is")


def _no_doctype(*_: object) -> None:
    raise Unreadable("The workbook holds a document type, which spreadsheets never write")
