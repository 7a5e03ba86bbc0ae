"""A chip behind Device RPC. Standard library only."""

import json
import os
import socket

MBOX = 0x3002_0000
SOC = 0x3003_0000


class ChipError(Exception):
    """What the protocol refused; `code` and `data` as it defines them."""

    def __init__(self, error):
        super().__init__(error["message"], error.get("data"))
        self.code, self.data = error["code"], error.get("data")


class CommandFailed(Exception):
    """The firmware refused a command; `code` is in its error register."""

    def __init__(self, code):
        super().__init__(f"0x{code:08x}")
        self.code = code


class Chip:
    """One chip, made with the options of `create`; it goes with its connection."""

    def __init__(self, endpoint=None, **options):
        endpoint = endpoint or os.environ["ROOTCAP_RPC"]
        kind, _, rest = endpoint.partition(":")
        if kind == "unix":
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(rest)
        else:
            self._socket = socket.create_connection(("127.0.0.1", int(rest.rpartition(":")[2])))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._io = self._socket.makefile("rw", encoding="utf-8", newline="\n")
        self._id = 0
        self.events = []
        self.output = ""
        self.facts = self.call("create", **options)

    def close(self):
        self._io.close()
        self._socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, **params):
        """Any method of the protocol."""
        self._id += 1
        request = {"jsonrpc": "2.0", "id": self._id, "method": method, "params": params}
        self._io.write(json.dumps(request, separators=(",", ":")) + "\n")
        self._io.flush()
        while True:
            reply = json.loads(self._io.readline())
            if "id" in reply:
                break
            self.events.append(reply["params"])
        if "error" in reply:
            raise ChipError(reply["error"])
        return reply["result"]

    def ops(self, *operations):
        """Many accesses in one request: ("r", address), ("w", address, value), ("rf", …), ("wf", …)."""
        return self.call("transfer", ops=operations)["results"]

    def read(self, address):
        return self.call("read", address=address)["value"]

    def write(self, address, value):
        self.call("write", address=address, value=value)

    def step(self, cycles=1, **conditions):
        result = self.call("step", cycles=cycles, **conditions)
        self.output += result.get("output", "")
        return result

    def start(self, axi_user=1):
        """After the fuses: ends fuse programming and lets the core run."""
        self.ops(
            ("w", SOC + 0xB0, 1),  # CPTRA_FUSE_WR_DONE
            ("w", SOC + 0x110, 20_000_000),  # CPTRA_WDT_CFG
            ("w", SOC + 0x48, axi_user),  # CPTRA_MBOX_VALID_AXI_USER
            ("w", SOC + 0x5C, 1),  # CPTRA_MBOX_AXI_USER_LOCK
            ("w", SOC + 0xB8, 1),  # CPTRA_BOOTFSM_GO
        )

    def mailbox(self, command, data=b""):
        """Sends a message as it is. Returns the answer."""
        if self.read(MBOX):
            raise RuntimeError("mailbox: locked by another")
        self.ops(
            ("w", MBOX + 0x08, command),
            ("w", MBOX + 0x0C, len(data)),
            ("wf", MBOX + 0x10, data.hex()),
            ("w", MBOX + 0x18, 1),
        )
        status = 0
        while status == 0:
            status = self.step(1 << 20, watch=[MBOX + 0x1C])["values"][0] & 0xF
        size = self.read(MBOX + 0x0C) if status == 1 else 0
        answer, _ = self.ops(("rf", MBOX + 0x14, size), ("w", MBOX + 0x18, 0))
        self.step()
        if status == 3:
            raise CommandFailed(self.read(SOC + 0x08) or self.read(SOC + 0x0C))
        return bytes.fromhex(answer)

    def command(self, command, body=b""):
        """Runs a command whose body is given without checksum."""
        total = sum(command.to_bytes(4, "little")) + sum(body)
        return self.mailbox(command, (-total & 0xFFFF_FFFF).to_bytes(4, "little") + body)
