"""Decodes rows with Debian's msgpack (and brotli) and prints each event as one JSON line.

Usage: decode.py FILE...   each FILE holds the binary of one row. Needs python3-msgpack; rows that are compressed
need python3-brotli as well. The kinds that count positions, and those with a payload, are given by the test on
standard input: a JSON object from kind number to [counts, has payload].
"""

import json
import sys

import msgpack

COUNT = 1 << 64


def column(value, length):
    if isinstance(value, int):
        return [value] * length
    form = value[0]
    if form == 1:
        result = value[1]
    elif form == 2:
        result, last = [], 0
        for difference in value[1]:
            last = (last + difference) % COUNT
            result.append(last)
    elif form == 3:
        result = [value[1][index] for index in value[2]]
    else:
        raise ValueError(f"column form {form}")
    assert len(result) == length
    return result


def decode(binary, schema):
    header, body = msgpack.unpackb(binary, strict_map_key=False)
    (version, row, link, first, count, counted, first_time, last_time, kinds, payload_bytes, compression, body_bytes) = header
    assert version == 1 and len(link) == 32
    if compression == 1:
        import brotli

        body = brotli.decompress(body)
    assert len(body) == body_bytes
    kind_column, time_column, vm_column, vcpu_column, blocks, payloads = msgpack.unpackb(body)
    numbers = sorted(kinds)
    assert len(payloads) == payload_bytes and len(blocks) == len(numbers)
    order = [numbers[index] for index in column(kind_column, count)]
    times = column(time_column, count)
    vms = column(vm_column, count)
    vcpus = column(vcpu_column, count)
    assert times[0] == first_time and times[-1] == last_time

    cells = {}
    for number, (operands, lengths) in zip(numbers, blocks):
        total = kinds[number]
        columns = [column(operand, total) for operand in operands]
        columns += [[0] * total] * (5 - len(columns))
        sizes = column(lengths, total) if lengths is not None else [0] * total
        assert (lengths is not None) == schema[str(number)][1]
        cells[number] = iter(zip(*columns, sizes))

    position, offset, events = first, 0, []
    for index, number in enumerate(order):
        *operands, size = next(cells[number])
        payload = payloads[offset : offset + size]
        offset += size
        events.append([row, position, times[index], vms[index], vcpus[index], number, *operands, payload.hex()])
        position += schema[str(number)][0]
    assert offset == len(payloads) and position == first + counted
    return events


def main():
    schema = json.load(sys.stdin)
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            for event in decode(file.read(), schema):
                print(json.dumps(event))


main()
