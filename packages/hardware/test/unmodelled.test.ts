import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { type Block, type Chip, registerWords, unmodelledRegisters } from '@rootcap/hardware';
import { fusesDone, makeChip, SUBSYSTEM, soc, summary } from './chips.ts';

/** A chip on which most registers may be written: subsystem, debug open, fuses not done, locks free or taken. */
function openChip(): Chip {
  const chip = makeChip({ hwConfig: SUBSYSTEM, lifecycle: 1, debugIntent: true });
  chip.shaAccelerator.unlock();
  return chip;
}

/** What has to happen before a register takes a write. */
const PREPARATION: Record<string, (chip: Chip) => void> = {
  MBOX_CSR: (chip) => chip.uc.read(0x3002_0000),
  SHA512_ACC_CSR: (chip) => chip.shaAccelerator.tryLock('uc', 0),
};

/** Registers that show something without being written, and what makes them show it. */
const SHOWN: Record<string, (chip: Chip) => void> = {
  CPTRA_RESET_REASON: (chip) => chip.reset('warm'),
  CPTRA_SECURITY_STATE: (chip) => chip.setSecurityState({ scanMode: true }),
  CPTRA_GENERIC_INPUT_WIRES: (chip) => chip.soc.setInputWires(0, 1),
  CPTRA_WDT_STATUS: (chip) => {
    chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 0, 0);
    chip.soc.set('CPTRA_WDT_TIMER1_TIMEOUT_PERIOD', 0, 1);
  },
  CPTRA_FUSE_WR_DONE: fusesDone,
  CPTRA_HW_ERROR_FATAL: (chip) => chip.soc.hardwareError('CPTRA_HW_ERROR_FATAL', 2),
  CPTRA_HW_ERROR_NON_FATAL: (chip) => chip.soc.hardwareError('CPTRA_HW_ERROR_NON_FATAL', 0),
  PCR_ENTRY: (chip) => chip.pcrBank.extend(0, Uint8Array.of(1)),
  USER: (chip) => chip.shaAccelerator.tryLock('soc', 7),
  STATUS: (chip) => chip.shaAccelerator.tryLock('soc', 7),
  DIGEST: (chip) => {
    chip.shaAccelerator.tryLock('uc', 0);
    chip.shaAccelerator.digestStream('sha384', Uint8Array.of(1));
  },
  MBOX_USER: (chip) => chip.mailbox.ucSend(1, Uint8Array.of(1)),
  MBOX_STATUS: (chip) => chip.mailbox.ucSend(1, Uint8Array.of(1)),
  MBOX_DATAOUT: (chip) => {
    chip.mailbox.send({ side: 'tap', axiUser: 0, command: 1, data: Uint8Array.of(1) });
  },
};

/**
 * Registers with a behaviour that neither writing nor reading them on an idle chip shows: pulses, secrets, results of an
 * engine. Another test of this package uses each by its name.
 */
const TESTED_ELSEWHERE = [
  ...['CPTRA_TRNG_CTRL', 'CPTRA_WDT_TIMER1_CTRL', 'CPTRA_WDT_TIMER2_CTRL', 'INTERNAL_FW_UPDATE_RESET', 'CONTROL'],
  ...['KEY_ENTRY', 'DATA_OUT', 'HMAC512_TAG', 'SHA256_DIGEST', 'ECC_VERIFY_R', 'ECC_PRIVKEY_OUT', 'ECC_DH_SHARED_KEY'],
  ...['MLDSA_VERIFY_RES', 'MLDSA_PRIVKEY_OUT', 'MLKEM_SHARED_KEY', 'SHA512_GEN_PCR_HASH_DIGEST'],
];
/** Nothing on any bus reaches the key; `SocInterface.obfuscationKey` is its only reader. */
const HIDDEN = ['INTERNAL_OBF_KEY'];

function words(block: Block) {
  return registerWords(block.declaration).filter(({ index }) => index === 0);
}

/** Whether writing the register changes the chip, in any of a few ways. */
function takesWrites(block: string, offset: number): boolean {
  for (const value of [0xffff_ffff, 1, 0]) {
    for (const access of [{ side: 'uc', axiUser: 0xffff_ffff } as const, soc(1)]) {
      const chip = openChip();
      PREPARATION[block]?.(chip);
      const target = chip.blocks().find(({ declaration }) => declaration.name === block) as Block;
      const before = JSON.stringify(summary(target.save()));
      const keys = JSON.stringify(summary(chip.keyVault.save()));
      try {
        target.writeRegister(offset, value, access);
      } catch {
        return true; // it asked for something that is not there: it does something
      }
      if (JSON.stringify(summary(target.save())) !== before) return true;
      if (JSON.stringify(summary(chip.keyVault.save())) !== keys) return true;
    }
  }
  return false;
}

describe('every register is modelled or listed as idle', () => {
  const listed = new Set(
    openChip()
      .unmodelledRegisters()
      .map(({ block, register }) => `${block}.${register}`),
  );

  test.each(
    openChip()
      .blocks()
      .map((block) => [block.declaration.name, block] as const),
  )('%s', (name, block) => {
    const silent: string[] = [];
    for (const { name: register, register: declaration, offset } of words(block)) {
      if (listed.has(`${name}.${register}`) || register.startsWith('INTR_BLOCK_RF_')) continue;
      if (TESTED_ELSEWHERE.includes(register) || HIDDEN.includes(register)) continue;
      const shows = () => {
        const chip = openChip();
        const target = chip.blocks().find(({ declaration }) => declaration.name === name) as Block;
        SHOWN[register]?.(chip);
        const sides = ['uc', 'tap'] as const;
        return sides.some((side) => target.readRegister(offset, { side, axiUser: 0 }) !== 0);
      };
      if (takesWrites(name, offset) || shows() || declaration.reset !== 0) continue;
      silent.push(`${name}.${register}`);
    }
    expect(silent).toEqual([]);
  });
});

const tests = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.test.js') && !file.startsWith('unmodelled') && !file.startsWith('register-'))
  .map((file) => readFileSync(new URL(file, import.meta.url), 'utf8'))
  .join('');

test.each(TESTED_ELSEWHERE)('%s has a test of its own', (register) => {
  expect(tests.includes(`'${register}'`)).toBe(true);
});

test('the list says why', () => {
  for (const { block, register, why } of unmodelledRegisters(openChip().blocks())) {
    expect(why).toMatch(/\w/);
    expect(
      openChip()
        .blocks()
        .find(({ declaration }) => declaration.name === block)?.declaration.registers[register],
    ).toBeDefined();
  }
});
