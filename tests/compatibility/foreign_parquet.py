"""Parquet files byte by byte: what pyarrow cannot write. One row group, plain pages, no nulls.

Format: README.md, Encodings.md and parquet.thrift of apache/parquet-format; thrift's compact
protocol.
"""

import struct

TYPES = {"INT32": 1, "INT64": 2, "INT96": 3, "BYTE_ARRAY": 6}
REQUIRED, OPTIONAL, REPEATED = 0, 1, 2
CONVERTED = {"LIST": 3, "DECIMAL": 5}
# Types of the compact protocol.
I32, I64, BYTES, LIST, STRUCT = 5, 6, 8, 9, 12


def varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def zigzag(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def encode(kind, value):
    if kind in (I32, I64):
        return zigzag(value)
    if kind == BYTES:
        return varint(len(value)) + value
    if kind == LIST:
        item_kind, items = value
        size = bytes([len(items) << 4 | item_kind]) if len(items) < 15 else \
            bytes([0xF0 | item_kind]) + varint(len(items))
        return size + b"".join(encode(item_kind, item) for item in items)
    return value


def thrift(**fields):
    """A struct; fields as f1=(kind, value), values of None are left out."""
    out, last = b"", 0
    for name, (kind, value) in fields.items():
        if value is None:
            continue
        number = int(name[1:])
        out += bytes([(number - last) << 4 | kind]) + encode(kind, value)
        last = number
    return out + b"\0"


def schema_element(name, type_=None, repetition=None, children=None, annotation=None):
    converted, precision, scale = (*(annotation or ()), None, None, None)[:3]
    return thrift(f1=(I32, TYPES.get(type_)), f3=(I32, repetition), f4=(BYTES, name.encode()),
                  f5=(I32, children), f6=(I32, CONVERTED.get(converted)), f7=(I32, scale),
                  f8=(I32, precision))


def write_file(path, elements, columns, rows):
    """`columns`: (path in the schema, type, number of values, page bytes)."""
    body, chunks = b"PAR1", []
    for names, type_, count, page in columns:
        header = thrift(f1=(I32, 0), f2=(I32, len(page)), f3=(I32, len(page)), f5=(STRUCT, thrift(
            f1=(I32, count), f2=(I32, 0), f3=(I32, 3), f4=(I32, 3))))
        offset = len(body)
        body += header + page
        meta = thrift(f1=(I32, TYPES[type_]), f2=(LIST, (I32, [0, 3])),
                      f3=(LIST, (BYTES, [name.encode() for name in names])), f4=(I32, 0),
                      f5=(I64, count), f6=(I64, len(header) + len(page)),
                      f7=(I64, len(header) + len(page)), f9=(I64, offset))
        chunks.append(thrift(f2=(I64, offset), f3=(STRUCT, meta)))
    group = thrift(f1=(LIST, (STRUCT, chunks)), f2=(I64, len(body) - 4), f3=(I64, rows))
    footer = thrift(f1=(I32, 1), f2=(LIST, (STRUCT, elements)), f3=(I64, rows),
                    f4=(LIST, (STRUCT, [group])))
    path.write_bytes(body + footer + struct.pack("<i", len(footer)) + b"PAR1")


def write_plain_file(path, columns):
    """Required columns as (name, type, annotation, stored values as bytes)."""
    elements = [schema_element("schema", children=len(columns))]
    chunks = []
    for name, type_, annotation, values in columns:
        elements.append(schema_element(name, type_, REQUIRED, annotation=annotation))
        if type_ == "BYTE_ARRAY":
            values = [struct.pack("<I", len(value)) + value for value in values]
        chunks.append(([name], type_, len(values), b"".join(values)))
    write_file(path, elements, chunks, len(columns[0][3]))


def levels(values):
    """Levels of one bit, each as a run of one."""
    runs = b"".join(bytes([1 << 1, value]) for value in values)
    return struct.pack("<I", len(runs)) + runs


def write_two_level_list(path, name, lists):
    """A required list of repeated 32-bit integers, without a group between them."""
    elements = [schema_element("schema", children=1),
                schema_element(name, repetition=REQUIRED, children=1, annotation=("LIST",)),
                schema_element("array", "INT32", REPEATED)]
    repetition, definition, values = [], [], b""
    for items in lists:
        repetition += [0] + [1] * (len(items) - 1)
        definition += [1] * len(items) or [0]
        values += b"".join(struct.pack("<i", item) for item in items)
    page = levels(repetition) + levels(definition) + values
    write_file(path, elements, [([name, "array"], "INT32", len(repetition), page)], len(lists))
