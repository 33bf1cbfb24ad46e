"""A SoupBinTCP client that others wrote logs in, loses its connection, and resumes.

It logs in, sends what it is told to, takes messages until nothing comes for a while, drops the
connection without a word, logs in again a few messages back, and checks that it gets the same bytes
under the same numbers. Prints what it saw as JSON lines; the exit status is 0 where all of it was
right, 1 where not.

    pip install -r requirements.txt
    python soup_resume.py HOST PORT USER PASSWORD [--send HEX]... [--overlap 3] [--idle 1.0]

It never starts or stops a venue.
"""

import argparse
import asyncio
import json
import sys

from nasdaq_protocols import soup


def say(**fact):
    print(json.dumps(fact), flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("user")
    parser.add_argument("password")
    parser.add_argument("--session", default="", help="the session; else the running one")
    parser.add_argument("--sequence", type=int, default=1, help="the first number to ask for")
    parser.add_argument("--send", action="append", default=[], type=bytes.fromhex, metavar="HEX",
                        help="a message to send once logged in; may be given again")
    parser.add_argument("--overlap", type=int, default=3, help="messages to ask for a second time")
    parser.add_argument("--least", type=int, default=1, help="messages that must come")
    parser.add_argument("--idle", type=float, default=1.0, help="seconds without a message")
    return parser.parse_args()


async def connect(args, connection, session, sequence, packets):
    client = await soup.connect_async(
        (args.host, args.port), args.user, args.password, session, sequence,
        on_msg_coro=packets.put)
    # The library keeps the number before the one it was told comes next, and counts on from there.
    first = client.sequence + 1
    say(connection=connection, session=client.session_id.session, next=first)
    return client, first


async def messages(args, connection, first, packets):
    """Every message until nothing comes: its number and its bytes."""
    seen = {}
    while True:
        try:
            packet = await asyncio.wait_for(packets.get(), args.idle)
        except asyncio.TimeoutError:
            return seen
        if isinstance(packet, soup.SequencedData):
            number = first + len(seen)
            seen[number] = packet.data
            say(connection=connection, number=number, message=packet.data.hex())
        else:
            say(connection=connection, packet=type(packet).__name__)


async def once(args, connection, session, sequence, send=()):
    packets = asyncio.Queue()
    client, first = await connect(args, connection, session, sequence, packets)
    for message in send:
        client.send_unseq_data(message)
    seen = await messages(args, connection, first, packets)
    # No logout: the connection is simply gone.
    client._transport.abort()
    return client.session_id.session, first, seen


async def check(args):
    session, first, seen = await once(args, 1, args.session, args.sequence, args.send)
    wrong = []
    if args.sequence and first != args.sequence:
        wrong.append(f"asked for {args.sequence}, was told {first} comes next")
    if len(seen) < args.least:
        wrong.append(f"{len(seen)} messages came, {args.least} were to come")
    again = max(1, first + len(seen) - args.overlap)
    resumed, first_again, seen_again = await once(args, 2, session, again)
    if (resumed, first_again) != (session, again):
        wrong.append(f"asked for {again} of {session!r}, got {first_again} of {resumed!r}")
    for number in range(again, first + len(seen)):
        if number >= first and seen_again.get(number) != seen[number]:
            wrong.append(f"message {number} is not what it was")
    return wrong


def main():
    try:
        wrong = asyncio.run(check(arguments()))
    except (ConnectionError, OSError) as error:
        wrong = [str(error)]
    for sentence in wrong:
        say(wrong=sentence)
    say(agrees=not wrong)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
