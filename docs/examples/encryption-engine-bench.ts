import { portableProvider as provider } from '@rootcap/crypto';
import { Chip, DEFAULT_STRAPS, ENCRYPTION_ENGINE_SFR, ENGINE_COMMAND } from '@rootcap/hardware';
import { pack, type Register, unpack } from '@rootcap/struct';

const chip = new Chip({
  provider,
  lifecycle: 3,
  debugLocked: true,
  obfuscationKey: new Uint8Array(32),
  csrHmacKey: new Uint8Array(64),
  hwConfig: { itrng: false, subsystemMode: true, ocpLock: true },
  encryptionEngine: { latency: 500 }, // cycles
});

// The bench is AXI user 1 of the SoC; registers take words, byte 0 of them first.
const { AUX, CTRL, MEK, METD } = ENCRYPTION_ENGINE_SFR.registers;
const at = ({ offset }: Register, index = 0): number => DEFAULT_STRAPS.keyReleaseBase + offset + 4 * index;
const ctrl = () => unpack(CTRL, chip.socBus.read(at(CTRL), 1));
const fill = (register: Register, byte: number): void => {
  for (let i = 0; i < register.count; i++) chip.socBus.write(at(register, i), byte * 0x0101_0101, 1);
};

/** One command, waited for as firmware does. @returns how long it took, and ERR */
function command(name: keyof typeof ENGINE_COMMAND, which: number): string {
  fill(METD, which);
  fill(AUX, 0xa0);
  fill(MEK, 0x11);
  const start = chip.cycles;
  chip.socBus.write(at(CTRL), pack(CTRL, { exe: 1, cmd: ENGINE_COMMAND[name] }), 1);
  while (ctrl().done === 0) chip.advance(100);
  const { err } = ctrl();
  chip.socBus.write(at(CTRL), pack(CTRL, { done: 1 }), 1); // zeroes every register
  return `${name} ${which}: ${chip.cycles - start} cycles, ERR ${err}`;
}

console.log(ctrl());
console.log(command('LOAD_MEK', 1));
console.log(command('LOAD_MEK', 1)); // 6: it has a key with this metadata
console.log(command('UNLOAD_MEK', 2)); // 5: it has no such key
console.log(chip.encryptionEngine?.loaded.map(({ metadata }) => metadata[0]));
console.log(chip.socBus.read(at(MEK), 1)); // a key is never read

// The drive fails: not ready until the next power cycle, which takes its keys.
chip.encryptionEngine?.raiseFatalError();
console.log(ctrl().rdy, chip.encryptionEngine?.state);
chip.reset('cold');
console.log(ctrl().rdy, chip.encryptionEngine?.loaded);
