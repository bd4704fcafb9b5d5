#!/usr/bin/env python3
"""Prints the characters that a recognition network of PP-OCR knows, one a line, for the guest ocr.

    characters.py MODEL.onnx > characters.txt

They are in the ONNX file's metadata, under "character". Needs nothing but Python.
"""

import sys


def fields(data):
    """The number and the content of each field of a protobuf message; of numbers only the value."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        tag = varint()
        kind = tag & 7
        size = {0: 0, 1: 8, 5: 4}.get(kind)
        if kind == 0:
            yield tag >> 3, varint()
            continue
        if kind == 2:
            size = varint()
        if size is None or at + size > len(data):
            raise ValueError("it is no ONNX file, or is cut off")
        yield tag >> 3, data[at:at + size]
        at += size


def characters(model):
    metadata_props, key, value = 14, 1, 2
    for number, content in fields(memoryview(model)):
        if number == metadata_props:
            entry = dict(fields(content))
            if bytes(entry[key]) == b"character":
                return bytes(entry[value]).decode()
    raise ValueError('its metadata has no "character"')


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: characters.py MODEL.onnx")
    try:
        with open(sys.argv[1], "rb") as file:
            text = characters(file.read())
    except (OSError, IndexError, KeyError, ValueError) as error:
        sys.exit(f"characters.py: {sys.argv[1]}: {error}")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    print(text)


if __name__ == "__main__":
    main()
