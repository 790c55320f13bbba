"""Names of elements and attributes of Office Open XML by what they mean for the text (:mod:`.flow`)."""

from __future__ import annotations

BLOCKS = frozenset(("p", "tr", "tc"))
WITHIN = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
OLD, NEW = frozenset(("del", "moveFrom")), frozenset(("ins", "moveTo"))
CODES = frozenset(("instrText", "delInstrText"))
# Positions, sizes and settings that some parts write as text.
NOISE = frozenset(
    "posOffset align pctWidth pctHeight pctPosHOffset pctPosVOffset idx formatCode ptCount Anchor Row Column AutoFill"
    " AutoLine MoveWithCells SizeWithCells Locked LockText TextHAlign TextVAlign PrintObject Visible Application"
    " AppVersion Pages Words Characters CharactersWithSpaces Lines Paragraphs TotalTime DocSecurity ScaleCrop"
    " LinksUpToDate SharedDoc HyperlinksChanged Slides Notes HiddenSlides MMClips PresentationFormat"
    " revision created modified lastPrinted trace".split()
)
FILES = frozenset(("binaryData", "binData"))  # written in as base64, in a document that is one XML file
# What Visio puts into the text of a shape: where another format begins, a field.
MARKS = frozenset(("cp", "pp", "tp", "fld"))
# What a text of a sheet is made of (CT_RElt), which stands in no paragraph: it goes on behind the end of these.
RUNS = frozenset(
    "t r rPr rFont charset family b i strike outline shadow condense extend color sz u vertAlign scheme".split()
)
# Attributes that hold words, by element; those of "*" are read wherever they stand.
SPOKEN: dict[str, tuple[str, ...]] = {
    "docPr": ("descr", "title", "name"),
    "cNvPr": ("descr", "title", "name"),
    "tblCaption": ("val",),
    "tblDescription": ("val",),
    "hyperlink": ("tooltip",),
    "hlinkClick": ("tooltip",),
    "fldSimple": ("instr",),
    "default": ("val",),
    "listEntry": ("val",),
    "listItem": ("displayText", "value"),
    "item": ("val", "n"),  # of a list in a sheet; of a pivot table, called otherwise than in its data
    "filter": ("stringValue1", "stringValue2"),  # of a pivot table
    "slicer": ("caption",),
    "i": ("n", "c"),  # of a slicer over a cube: its unique name, what is shown
    "selection": ("n",),
    "statusText": ("val",),
    "helpText": ("val",),
    "alias": ("val",),
    "tag": ("val",),
    "docVar": ("name", "val"),
    "textpath": ("string",),
    "shape": ("alt", "title"),
    "imagedata": ("title",),
    "lvlText": ("val",),  # what stands before the paragraphs of a list
    "bookmarkStart": ("name",),
    "section": ("name",),
    "custShow": ("name",),
    "ocxPr": ("value",),
    "s": ("v",),  # the cache of a pivot table: texts, and numbers
    "n": ("v",),
    "dbPr": ("connection", "command"),
    "connection": ("name", "description"),
    "cacheField": ("name", "caption"),
    "attr": ("val",),  # what a program keeps with a piece of the text
    "query": ("val",),  # which rows letters are written for
    "parameter": ("string",),  # of a query
    "sheetName": ("val",),  # in another workbook
    "table": ("comment",),
}
AUTHORS = frozenset(
    "comment ins del moveFrom moveTo cmAuthor person author rPrChange pPrChange sectPrChange tblPrChange trPrChange"
    " tcPrChange numberingChange cellIns cellDel cellMerge".split()
)
HIDES = frozenset(("vanish", "specVanish"))
OTHERS = frozenset(
    (*WITHIN, *OLD, *NEW, *SPOKEN, *AUTHORS, *HIDES, "tabs", "property", "r", "sym", "gridSpan", "Fallback")
)
PICTURE_FONTS = ("wingdings", "webdings", "zapf", "marlett")  # whose letters are no letters
