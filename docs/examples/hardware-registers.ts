import { portableProvider as provider } from '@rootcap/crypto';
import { BusFault, Chip, SHA256_REG, SOC_IFC_REG } from '@rootcap/hardware';
import { unpack } from '@rootcap/struct';

const chip = new Chip({
  provider,
  lifecycle: 3,
  debugLocked: true,
  obfuscationKey: new Uint8Array(32),
  csrHmacKey: new Uint8Array(64),
  hwConfig: { itrng: false, subsystemMode: false, ocpLock: false },
});

// Registers are data: name, offset, fields, access, reset value.
const { CPTRA_SECURITY_STATE } = SOC_IFC_REG.registers;
const word = chip.uc.read(SOC_IFC_REG.base + CPTRA_SECURITY_STATE.offset);
console.log(unpack(CPTRA_SECURITY_STATE, word));

// The same engine as firmware's drivers see it: SHA-256 of one padded block.
const { SHA256_BLOCK, SHA256_CTRL, SHA256_DIGEST } = SHA256_REG.registers;
const at = ({ offset }: { readonly offset: number }, index = 0) => SHA256_REG.base + offset + 4 * index;
const block = [0x6162_6380, ...new Array<number>(14).fill(0), 24]; // "abc"
block.forEach((value, i) => {
  chip.uc.write(at(SHA256_BLOCK, i), value);
});
chip.uc.write(at(SHA256_CTRL), 0b0101); // init, SHA-256
console.log(chip.uc.read(at(SHA256_DIGEST)).toString(16));

// What is not there is a fault, what is idle says so.
try {
  chip.uc.read(0x2000_2000);
} catch (error) {
  if (error instanceof BusFault) console.log(error.message);
}
for (const { block, register, why } of chip.unmodelledRegisters().slice(0, 2)) console.log(block, register, '-', why);
