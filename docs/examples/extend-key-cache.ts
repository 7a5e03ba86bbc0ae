import { createDevice } from 'rootcap';
import type { MediaKeyCache } from 'rootcap/extend';

const calls: string[] = [];
const note = (call: string, err = 0): number => {
  calls.push(call);
  return err;
};
const keyCache: MediaKeyCache = {
  load: (metadata, _aux, mek) => note(`load ${metadata[0]}: ${mek.length} bytes`),
  unload: (metadata) => note(`unload ${metadata[0]}`, 0xf), // an error of the vendor's own
  zeroize: () => note('zeroize'),
};

const { chip, encryptionEngine } = createDevice({ ocpLock: true, encryptionEngine: { keyCache } });
const base = BigInt(chip.straps.keyReleaseBase);
const run = (command: number): string => {
  chip.dma.writeWord(base + 0x80n, 2); // DONE, then METD, then EXE with the command
  chip.dma.writeWord(base + 0x40n, 7);
  chip.dma.writeWord(base + 0x80n, (command << 2) | 1);
  return chip.dma.readWord(base + 0x80n).toString(16);
};
console.log(run(1), run(2), run(3)); // load, unload, zeroize
console.log(calls, encryptionEngine?.state);
