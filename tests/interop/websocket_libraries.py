"""Exchange libraries that others wrote trade over the WebSocket door, as they are.

Starts a venue in a directory of its own, gives each library that is installed the address of its
door, and lets it place, look up and cancel an order, and hear private and public events. Prints what
it saw as JSON lines; the exit status is 0 where all of it was right, 1 where not, 3 where no library
is installed.

    pip install -r requirements-libraries.txt
    python websocket_libraries.py [--ringside target/release/ringside]

Nothing of the libraries is changed but the addresses they have a setting for.
"""

import argparse
import asyncio
import importlib.util
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

GENESIS = [
    {"op": "currency", "code": "USDC", "scale": 6},
    {"op": "currency", "code": "SOL", "scale": 6},
    {"op": "instrument", "symbol": "SOL/USDC", "kind": "spot", "base": "SOL", "quote": "USDC",
     "tick": "0.01", "lot": "0.001"},
    {"op": "account", "account": "amber"},
    {"op": "account", "account": "basil"},
    {"op": "deposit", "account": "amber", "currency": "USDC", "amount": "100000"},
    {"op": "deposit", "account": "basil", "currency": "SOL", "amount": "1000"},
]
WAIT_S = 10
# The venue takes nothing that was signed before its start and a second after it.
AFTER_START_S = 1.1


def say(**fact):
    print(json.dumps(fact, default=str), flush=True)


class Venue:
    """A venue that serves; it ends with the block."""

    def __init__(self, program):
        self.program = str(pathlib.Path(program).resolve())
        self.directory = tempfile.TemporaryDirectory()
        self.keys = {}

    def keygen(self, account):
        pem = pathlib.Path(self.directory.name, f"{account}.pem")
        said = subprocess.run([self.program, "keygen", "--out", pem, "--account", account],
                              check=True, capture_output=True, text=True)
        api_key = re.search(r"\b[0-9a-f]{64}\b", said.stdout + said.stderr)[0]
        self.keys[account] = (api_key, pem.read_text())
        return {"op": "key", "account": account, "key": api_key, "permissions": ["read", "trade"]}

    def __enter__(self):
        lines = GENESIS + [self.keygen("amber"), self.keygen("basil")]
        text = "\n".join(json.dumps(line) for line in lines)
        path = pathlib.Path(self.directory.name, "ringside.toml")
        path.write_text('[venue]\ndirectory = "venue"\nsegment_mib = 8\n'
                        '[websocket]\nlisten = ["127.0.0.1:0"]\n'
                        f"[genesis]\nlines = '''\n{text}\n'''\n")
        self.process = subprocess.Popen([self.program, "serve", "--config", path],
                                        stderr=subprocess.PIPE, text=True)
        said = ""
        for line in self.process.stderr:
            said += line
            if line.startswith("websocket"):
                self.address = line.split()[1]
                time.sleep(AFTER_START_S)
                return self
        raise RuntimeError(f"the venue opens no door: {said}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(WAIT_S)
        self.directory.cleanup()


def check(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what}: {found!r} instead of {expected!r}")


async def python_binance(venue):
    from binance import AsyncClient, BinanceSocketManager

    class Client(AsyncClient):
        WS_API_URL = f"ws://{venue.address}/ws-api/v3"

    class Streams(BinanceSocketManager):
        STREAM_URL = f"ws://{venue.address}/"

    def client(account):
        api_key, pem = venue.keys[account]
        return Client(api_key, None, private_key=pem)

    amber, basil = client("amber"), client("basil")
    async with Streams(amber).trade_socket("SOLUSDC") as trades:
        placed = await amber.ws_create_order(
            symbol="SOLUSDC", side="BUY", type="LIMIT", timeInForce="GTC", price="10.00",
            quantity="3", newClientOrderId="pb-1")
        check("placed", placed["status"], "NEW")
        found = await amber.ws_get_order(symbol="SOLUSDC", orderId=placed["orderId"])
        check("found", found["clientOrderId"], "pb-1")
        await basil.ws_create_order(
            symbol="SOLUSDC", side="SELL", type="MARKET", quantity="1")
        trade = await asyncio.wait_for(trades.recv(), WAIT_S)
        check("trade", (trade["e"], trade["p"], trade["q"]), ("trade", "10.00", "1.000"))
    canceled = await amber.ws_cancel_order(symbol="SOLUSDC", origClientOrderId="pb-1")
    check("canceled", (canceled["status"], canceled["executedQty"]), ("CANCELED", "1.000"))
    account = await amber.ws_get_account()
    check("balances", {b["asset"] for b in account["balances"]}, {"SOL", "USDC"})
    async with Streams(basil).user_socket() as private:
        await basil.ws_create_order(
            symbol="SOLUSDC", side="SELL", type="LIMIT", timeInForce="GTC", price="20.00",
            quantity="1", newClientOrderId="pb-2")
        event = await asyncio.wait_for(private.recv(), WAIT_S)
        check("private", (event["e"], event["c"], event["x"]),
              ("executionReport", "pb-2", "NEW"))
    for each in (amber, basil):
        await each.close_connection()


async def binance_sdk_spot(venue):
    from binance_common.configuration import (
        ConfigurationWebSocketAPI, ConfigurationWebSocketStreams)
    from binance_sdk_spot.spot import Spot
    from binance_sdk_spot.websocket_api.models import (
        OrderPlaceSideEnum, OrderPlaceTimeInForceEnum, OrderPlaceTypeEnum)

    api_key, pem = venue.keys["amber"]
    spot = Spot(
        config_ws_api=ConfigurationWebSocketAPI(
            api_key=api_key, private_key=pem, stream_url=f"ws://{venue.address}/ws-api/v3",
            return_rate_limits=False),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=f"ws://{venue.address}"))
    api = await spot.websocket_api.create_connection()
    try:
        logged_on = (await api.session_logon()).data().result
        check("logged on", logged_on.api_key, api_key)
        events = asyncio.Queue()
        subscribed = await api.user_data_stream_subscribe()
        subscribed.stream.on("message", events.put_nowait)
        placed = (await api.order_place(
            symbol="SOLUSDC", side=OrderPlaceSideEnum["BUY"].value,
            type=OrderPlaceTypeEnum["LIMIT"].value,
            time_in_force=OrderPlaceTimeInForceEnum["GTC"].value,
            price=9.5, quantity=2.0, new_client_order_id="sdk-1")).data().result
        check("placed", (placed.client_order_id, placed.status), ("sdk-1", "NEW"))
        event = await asyncio.wait_for(events.get(), WAIT_S)
        say(library="binance-sdk-spot", event=type(event).__name__)
        found = (await api.order_status(
            symbol="SOLUSDC", order_id=placed.order_id)).data().result
        check("found", found.orig_qty, "2.000")
        canceled = (await api.order_cancel(
            symbol="SOLUSDC", orig_client_order_id="sdk-1")).data().result
        check("canceled", canceled.status, "CANCELED")
    finally:
        await api.close_connection(close_session=True)


async def ccxt(venue):
    import ccxt.pro

    api_key, pem = venue.keys["amber"]
    exchange = ccxt.pro.binance({"apiKey": api_key, "secret": pem})
    url = f"ws://{venue.address}"
    exchange.urls["api"]["ws"]["spot"] = f"{url}/ws"
    exchange.urls["api"]["ws"]["ws-api"]["spot"] = f"{url}/ws-api/v3"
    # Markets come over HTTP, which is another door's affair.
    exchange.set_markets([exchange.safe_market_structure({
        "id": "SOLUSDC", "lowercaseId": "solusdc", "symbol": "SOL/USDC", "base": "SOL",
        "quote": "USDC", "baseId": "SOL", "quoteId": "USDC", "type": "spot", "spot": True,
        "active": True, "margin": False, "swap": False, "future": False, "option": False,
        "contract": False, "linear": False, "inverse": False,
        "precision": {"price": 0.01, "amount": 0.001},
        "info": {"orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"]}})])
    try:
        placed = await exchange.create_order_ws("SOL/USDC", "limit", "buy", 2, 9.25)
        check("placed", placed["status"], "open")
        found = await exchange.fetch_order_ws(placed["id"], "SOL/USDC")
        check("found", (found["price"], found["amount"]), (9.25, 2.0))
        canceled = await exchange.cancel_order_ws(placed["id"], "SOL/USDC")
        check("canceled", canceled["status"], "canceled")
    finally:
        await exchange.close()


LIBRARIES = {"python-binance": ("binance", python_binance),
             "binance-sdk-spot": ("binance_sdk_spot", binance_sdk_spot),
             "ccxt": ("ccxt", ccxt)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ringside", default="target/release/ringside", help="the program")
    program = parser.parse_args().ringside
    tried, wrong = 0, 0
    for name, (module, trade) in LIBRARIES.items():
        if importlib.util.find_spec(module) is None:
            say(library=name, skipped="it is not installed")
            continue
        tried += 1
        try:
            with Venue(program) as venue:
                asyncio.run(asyncio.wait_for(trade(venue), 6 * WAIT_S))
            say(library=name, trades=True)
        except Exception as error:  # Whatever a library says of it is told.
            wrong += 1
            say(library=name, trades=False, error=f"{type(error).__name__}: {error}")
    say(tried=tried, wrong=wrong)
    sys.exit(3 if tried == 0 else int(wrong > 0))


if __name__ == "__main__":
    main()
