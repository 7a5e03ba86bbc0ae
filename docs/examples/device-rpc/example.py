"""Boots a chip to the point where ROM takes commands, and asks it for its version."""

from rootcap_chip import Chip, ChipError

with Chip(securityState=3) as chip:
    chip.start()
    cycles = 0
    while not chip.call("wires")["readyForFw"]:
        cycles += chip.step(1 << 20)["ran"]
    print(f"ready after {cycles} cycles")
    print(chip.command(0x46505652)[24:].decode())
    try:
        chip.read(0)
    except ChipError as error:
        print(error.code, error.data)
