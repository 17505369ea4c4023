"""Files that hurt whoever reads them without care."""

import io
import struct
import zipfile

_HEADER = "First Name,Last Name,Email,Phone,City,State,Zip Code,Value,Notes"
_PATHS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="xl/workbook.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Leads" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Target="worksheets/sheet1.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/>'
    '<Relationship Id="rId2" Target="sharedStrings.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/></Relationships>',
}
_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
_STRINGS = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def backtracking(size: int = 300_000) -> bytes:
    """A table whose e-mail cells have 9,990 dots, and whose other cells are as long and almost right too."""
    cells = [f"a@{'.' * 9_990}@", "(" * 9_000, "1,1" * 3_000, "1 " * 4_500, "-" * 9_000, "," * 9_000, "a," * 4_500]
    rows = [f'N,N,{cells[0]},"{other}",,,,"{other}","{other[:5000]}"' for other in cells[1:]]
    emails = [f"N,N,{cells[0]},,,,,," for _ in range(size // 10_000 - 12)]
    return "\n".join([_HEADER, *rows, *emails]).encode()


def far_cell() -> bytes:
    """A workbook of 1.5 kB whose last cell is XFD30000."""
    header = "".join(_text(title) for title in _HEADER.split(","))
    far = '<row r="30000"><c r="XFD30000"><v>1</v></c></row>'
    return _workbook(
        f'{_SHEET}<dimension ref="A1:XFD30000"/><sheetData><row r="1">{header}</row>{far}</sheetData></worksheet>'
    )


def many_cells(megabytes: int = 100) -> bytes:
    """A workbook of some hundred kB with millions of small cells."""
    row = "<row>" + "<c><v>1</v></c>" * 100 + "</row>"
    header = "".join(_text(title) for title in _HEADER.split(","))
    rows = row * (megabytes * 2**20 // len(row))
    return _workbook(f"{_SHEET}<sheetData><row>{header}</row>{rows}</sheetData></worksheet>")


def long_string(megabytes: int = 150) -> bytes:
    """A workbook whose one shared text is a thousand times as long as its file."""
    header = "".join(_text(title) for title in _HEADER.split(","))
    sheet = f'{_SHEET}<sheetData><row>{header}</row><row><c t="s"><v>0</v></c></row></sheetData></worksheet>'
    return _workbook(sheet, f"{_STRINGS}<si><t>{'a' * (megabytes * 2**20)}</t></si></sst>")


def lying(content: bytes, said: int = 1_000) -> bytes:
    """The same archive, which says of each file that it is small."""
    changed = bytearray(content)
    # Where the unpacked size stands after the signature of a local header, and of an entry of the directory.
    for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        found = changed.find(signature)
        while found >= 0:
            (size,) = struct.unpack_from("<I", changed, found + place)
            struct.pack_into("<I", changed, found + place, min(size, said))
            found = changed.find(signature, found + 4)
    return bytes(changed)


def wide(columns: int, rows: int) -> bytes:
    """A table with many columns, each with a long title."""
    titles = [f"{'t' * 200}{number}" for number in range(columns - 3)]
    lines = [",".join([f"N,N{number},w{number}@hostile.test", *("x" * 20 for _ in titles)]) for number in range(rows)]
    return "\n".join([",".join(["First Name,Last Name,Email", *titles]), *lines]).encode()


def unclosed(rows: int = 60_000) -> bytes:
    """A table with one quote that never ends, and thousands of rows inside it."""
    lines = [f"N,N{number},q{number}@hostile.test,5125550000,Austin,TX,78701,1,n" for number in range(rows)]
    lines[2] = '"' + lines[2]
    return "\n".join([_HEADER, *lines]).encode()


def quotes(size: int = 4_000_000) -> bytes:
    """A table that is nothing but quotes."""
    return f"{_HEADER}\n".encode() + b'"a""' * (size // 4)


def large(rows: int) -> bytes:
    """An honest table with as many rows as one import may have."""
    lines = [
        f"Nora{n},Import{n},import{n}@hostile.test,512{2_000_000 + n:07},Austin,TX,{78000 + n % 900},,"
        for n in range(rows)
    ]
    return "\n".join([_HEADER, *lines]).encode()


def _text(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def _workbook(sheet: str, strings: str = f"{_STRINGS}</sst>") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in _PATHS.items():
            archive.writestr(path, content)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", strings)
    return target.getvalue()
