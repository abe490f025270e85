"""Excel workbooks as bytes, down to the XML that decides how they are read."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DAY, MOMENT = 1, 2  # styles


def cell(ref: str, value: object = None, *, style: int = 0, formula: str = "") -> str:
    """Return a cell: text or a number, with a style, as the result of a formula."""
    inner = f"<f>{escape(formula)}</f>" if formula else ""
    if isinstance(value, str):
        return f'<c r="{ref}" t="str">{inner}<v>{escape(value)}</v></c>'
    if value is not None:
        inner += f"<v>{value}</v>"
    return f'<c r="{ref}" s="{style}">{inner}</c>'


def sheet(*rows: list[object]) -> str:
    """Return the XML of a sheet; what is a tuple in a row is (value, style)."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = ""
        for column, value in enumerate(row):
            value, style = value if isinstance(value, tuple) else (value, 0)
            if value is not None:
                cells += cell(f"{chr(65 + column)}{number}", value, style=style)
        lines.append(f'<row r="{number}">{cells}</row>')
    return "".join(lines)


def workbook(sheets: Mapping[str, str]) -> bytes:
    """Return a workbook of sheets by name, each the XML of its rows."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        named = related = ""
        for number, (name, rows) in enumerate(sheets.items(), start=1):
            named += f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
            related += (
                f'<Relationship Id="r{number}" Type="{_RELATIONS}/worksheet"'
                f' Target="worksheets/sheet{number}.xml"/>'
            )
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>",
            )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook {_MAIN} xmlns:r="{_RELATIONS}"><sheets>{named}</sheets></workbook>',
        )
        related += (
            f'<Relationship Id="s" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}">{related}</Relationships>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="w"'
            f' Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet {_MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
            '<xf numFmtId="22"/></cellXfs></styleSheet>',
        )
    return buffer.getvalue()
