import { describe, expect, test } from '@jest/globals';
import { ABR_PROFILES, ABR_REG, type AbrProfileName, registerWords, UC_ACCESS } from '@rootcap/hardware';
import fc from 'fast-check';
import { bench, EMPTY_SLOT, LOCK_SLOT, RELEASE_SLOT, SECRET, SLOT } from './abr-bench.ts';
import { hex } from './engines.ts';

const OFFSETS = registerWords(ABR_REG).map(({ offset }) => offset);
const { registers } = ABR_REG;
const [MLDSA_CTRL, MLKEM_CTRL] = [registers.MLDSA_CTRL.offset, registers.MLKEM_CTRL.offset];
const PORTS = [
  registers.KV_MLDSA_SEED_RD_CTRL.offset,
  registers.KV_MLKEM_SEED_RD_CTRL.offset,
  registers.KV_MLKEM_MSG_RD_CTRL.offset,
];
const ZEROIZE = 8;

type Access = readonly [offset: number, value: number | undefined];

const value = fc.nat(0xffff_ffff);
/** Instead of an access: so many cycles pass. */
const TIME = -1;

/** A read has no value. */
const access: fc.Arbitrary<Access> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant(TIME), fc.constantFrom(1, 20, 1475, 20_000, 300_000)) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(MLDSA_CTRL, MLKEM_CTRL), fc.nat(0x77)) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(MLDSA_CTRL, MLKEM_CTRL), fc.constant(ZEROIZE)) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom(...PORTS),
      fc.constantFrom(SLOT, 8, EMPTY_SLOT, LOCK_SLOT, RELEASE_SLOT).map((slot) => 1 | (slot << 1)),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant(registers.KV_MLKEM_SHAREDKEY_WR_CTRL.offset), value) },
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom(...OFFSETS), value) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...OFFSETS), fc.constant(undefined)) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.nat(0x3fff).map((word) => 4 * word),
      fc.option(value, { nil: undefined }),
    ),
  },
);

/** Everything that can be read, as one string in both byte orders. */
function visible({ abr }: Pick<ReturnType<typeof bench>, 'abr'>): string {
  const words = OFFSETS.map((offset) => abr.readRegister(offset, UC_ACCESS).toString(16).padStart(8, '0'));
  return `${words.join('')} ${words.map((word) => word.replace(/(..)(..)(..)(..)/, '$4$3$2$1')).join('')}`;
}

/** The registers' state; words as text, which is compared faster. */
const saved = ({ abr }: Pick<ReturnType<typeof bench>, 'abr'>) => {
  const { words, ...rest } = abr.save();
  return { ...rest, words: words.join() };
};

/** The stub's private keys and shared secrets repeat their seeds, so showing one of them shows the slot. */
const WINDOWS = [SECRET, SECRET.slice().reverse()].flatMap((bytes) =>
  Array.from({ length: bytes.length - 7 }, (_, i) => hex(bytes.subarray(i, i + 8))),
);

/** A bench on a clock, in OCP LOCK or not. */
function timed(profile: AbrProfileName, ocpLock: boolean) {
  let now = 0;
  const b = bench(profile, 'changed', { now: () => now, spend: () => {} });
  if (ocpLock) b.lock();
  const pass = (cycles: number): void => {
    now += cycles;
    b.abr.settle();
  };
  return { ...b, pass };
}

const CASES = (Object.keys(ABR_PROFILES) as AbrProfileName[]).flatMap((profile) =>
  [false, true].map((ocpLock) => ({ profile, ocpLock })),
);

describe.each(CASES)('random accesses, $profile, OCP LOCK $ocpLock', ({ profile, ocpLock }) => {
  test('never throw, show no secret of the vault, and a snapshot goes on alike', () => {
    fc.assert(
      fc.property(fc.array(access, { minLength: 10, maxLength: 60 }), fc.nat(59), (accesses, at) => {
        const [b, copy] = [timed(profile, ocpLock), timed(profile, ocpLock)];
        for (const e of [b, copy]) for (const slot of [SLOT, LOCK_SLOT]) e.keyVault.lockWrite(slot);
        const released = b.slot(RELEASE_SLOT);
        let spent = 0;
        const step = (e: typeof b, [offset, written]: Access): number => {
          if (offset === TIME) {
            e.pass(written ?? 0);
            if (e === b) spent += written ?? 0;
            return 0;
          }
          if (written === undefined) return e.abr.readRegister(offset, UC_ACCESS);
          e.abr.writeRegister(offset, written, UC_ACCESS);
          return 0;
        };
        accesses.forEach((each, i) => {
          step(b, each);
          if (i < at) return;
          if (i === at) {
            copy.pass(spent);
            copy.abr.restore(b.abr.save());
            copy.keyVault.restore(b.keyVault.save());
          } else step(copy, each);
        });
        if (at < accesses.length) expect(saved(copy)).toEqual(saved(b));
        const text = visible(b);
        expect(WINDOWS.filter((window) => text.includes(window))).toEqual([]);
        if (ocpLock) expect(b.slot(RELEASE_SLOT)).toBe(released);
        b.abr.writeRegister(MLDSA_CTRL, ZEROIZE, UC_ACCESS);
        b.pass(1475);
        expect(b.status()).toEqual([1, 1]);
      }),
      { numRuns: 40 },
    );
  });
});
