"""Market data read by an ITCH decoder that others wrote.

Reads what a SoupBinTCP server sent, from a file or from the standard input, gives the payload of
every data packet, numbered or of a snapshot, to `itchfeed`, and checks that it takes and gives back
the same bytes. Prints what it saw as JSON lines; the exit status is 0 where all of it was right, 1 where not.

    pip install -r requirements.txt
    python itch_read.py [FILE]

Messages of types that the specification does not have (the end of a snapshot, and the venue's own)
are counted, not read. It never opens a connection.
"""

import argparse
import json
import sys

from itch.parser import MessageParser

# The end of a snapshot is GLIMPSE's; the message that says what ticks and lots are worth is ours.
NOT_ITCH = {b"G": 21, b"d": 145}


def say(**fact):
    print(json.dumps(fact), flush=True)


def packets(stream):
    """Type and payload of every packet."""
    while head := stream.read(3):
        length = int.from_bytes(head[:2], "big")
        payload = stream.read(length - 1)
        if len(head) < 3 or len(payload) < length - 1:
            raise ValueError("the stream ends within a packet")
        yield head[2:3], payload


def plain(value):
    return value.decode("ascii").rstrip() if isinstance(value, bytes) else value


def fields(message):
    about = {"description", "message_format", "message_pack_format", "message_size",
             "price_precision"}
    return {name: plain(value) for name, value in sorted(vars(message).items())
            if name not in about}


def check(payload):
    """What is wrong with a message, if anything."""
    kind = payload[:1]
    if kind in NOT_ITCH:
        say(type=kind.decode(), bytes=len(payload))
        return [] if len(payload) == NOT_ITCH[kind] else [f"{kind!r} has {len(payload)} bytes"]
    message = MessageParser().get_message_type(payload)
    say(type=kind.decode(), **fields(message))
    return [] if message.to_bytes() == payload else [f"{payload.hex()} came back otherwise"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", help="what the server sent; else the standard input")
    path = parser.parse_args().file
    stream = open(path, "rb") if path else sys.stdin.buffer
    wrong, read = [], 0
    try:
        for kind, payload in packets(stream):
            if kind in (b"S", b"U"):
                wrong += check(payload)
                read += 1
    except ValueError as error:
        wrong.append(str(error))
    for sentence in wrong:
        say(wrong=sentence)
    say(messages=read, agrees=not wrong and read > 0)
    sys.exit(1 if wrong or not read else 0)


if __name__ == "__main__":
    main()
