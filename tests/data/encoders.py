"""Encodes TensorFlow graphs and TensorFlow Lite models by hand, for the scripts beside it."""

import struct


# Protocol Buffers, as far as a GraphDef needs them.
def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(number, payload):
    if isinstance(payload, str):
        payload = payload.encode()
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def integer(number, value):
    return varint(number << 3) + varint(value)


def shape(dims):
    # -1 is encoded as the 64-bit two's complement.
    return b"".join(message(2, integer(1, d & (1 << 64) - 1)) for d in dims)


def attribute(name, value):
    return message(5, message(1, name) + message(2, value))


def node(name, op, inputs=(), attributes=b""):
    body = message(1, name) + message(2, op) + b"".join(message(3, i) for i in inputs) + attributes
    return message(1, body)


# FlatBuffers, as far as a TensorFlow Lite model needs them: a dict is a table by field number, with
# four bytes for each field; what a field refers to follows the table. Lists are of int32 or float32,
# or as they say.
class Int64(list):
    pass


def flatbuffer(root):
    out = bytearray(struct.pack("<I4s", 0, b"TFL3"))

    def refer(place, value):
        # The elements after a list's length are aligned.
        align = 16 if isinstance(value, bytes) else 8 if isinstance(value, Int64) else 4
        out.extend(bytes(-(len(out) + 4) % align if align > 4 else -len(out) % 4))
        target = len(out) + (fields_bytes(value) if isinstance(value, dict) else 0)
        struct.pack_into("<I", out, place, target - place)
        write(value)

    # The list of its field offsets precedes a table.
    def fields_bytes(table):
        size = 4 + 2 * (max(table, default=-1) + 1)
        return size + -size % 4

    def write(value):
        if isinstance(value, str):
            out.extend(struct.pack("<I", len(value)) + value.encode() + b"\0")
        elif isinstance(value, bytes):
            out.extend(struct.pack("<I", len(value)) + value)
        elif isinstance(value, Int64):
            out.extend(struct.pack(f"<I{len(value)}q", len(value), *value))
        elif isinstance(value, list) and all(isinstance(v, float) for v in value):
            out.extend(struct.pack(f"<I{len(value)}f", len(value), *value))
        elif isinstance(value, list) and all(isinstance(v, int) for v in value):
            out.extend(struct.pack(f"<I{len(value)}i", len(value), *value))
        elif isinstance(value, list):
            start = len(out) + 4
            out.extend(struct.pack("<I", len(value)) + bytes(4 * len(value)))
            for i, element in enumerate(value):
                refer(start + 4 * i, element)
        else:
            numbers = list(value)
            offsets = [4 + 4 * numbers.index(i) if i in value else 0
                       for i in range(max(value, default=-1) + 1)]
            fields = struct.pack(f"<HH{len(offsets)}H", 4 + 2 * len(offsets), 4 + 4 * len(value),
                                 *offsets)
            out.extend(fields.ljust(fields_bytes(value), b"\0"))
            table = len(out)
            out.extend(struct.pack("<i", fields_bytes(value)) + bytes(4 * len(value)))
            for i, field in enumerate(value.values()):
                if isinstance(field, int):
                    struct.pack_into("<i", out, table + 4 + 4 * i, field)
                else:
                    refer(table + 4 + 4 * i, field)

    refer(0, root)
    return bytes(out)
