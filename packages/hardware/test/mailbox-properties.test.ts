import { describe, expect, test } from '@jest/globals';
import { type BusAccess, MAILBOX_FSM, Mailbox, MBOX_CSR, UC_ACCESS } from '@rootcap/hardware';
import fc from 'fast-check';
import { soc, tap } from './chips.ts';

const SIZE = 0x40;
const OFFSETS = Object.values(MBOX_CSR.registers).map(({ offset }) => offset);
const ACCESSES: readonly BusAccess[] = [UC_ACCESS, soc(1), soc(2), tap];
const { MBOX_IDLE, MBOX_ERROR, MBOX_EXECUTE_UC, MBOX_EXECUTE_SOC, MBOX_EXECUTE_TAP } = MAILBOX_FSM;

interface Access {
  readonly who: BusAccess;
  readonly offset: number;
  readonly value?: number;
}

/** Accesses of several agents, with the protocol's own order likely enough to get anywhere. */
const access: fc.Arbitrary<Access> = fc.record(
  {
    who: fc.constantFrom(...ACCESSES),
    offset: fc.oneof(
      fc.constantFrom(...OFFSETS),
      fc.nat(0x40).map((n) => n & ~3),
    ),
    value: fc.oneof(fc.constantFrom(0, 1, 2, 3, 8), fc.integer({ min: 0, max: 0xffff_ffff })),
  },
  { requiredKeys: ['who', 'offset'] },
);

/** A whole transaction of one agent, cut off anywhere. */
const transaction: fc.Arbitrary<readonly Access[]> = fc
  .record({
    who: fc.constantFrom(...ACCESSES),
    dlen: fc.nat(SIZE + 8),
    words: fc.array(fc.nat(), { maxLength: 20 }),
    cut: fc.nat(30),
  })
  .map(({ who, dlen, words, cut }) =>
    [
      { who, offset: 0x00 },
      { who, offset: 0x08, value: 1 },
      { who, offset: 0x0c, value: dlen },
      ...words.map((value) => ({ who, offset: 0x10, value })),
      { who, offset: 0x18, value: 1 },
    ].slice(0, cut),
  );

const accesses = fc
  .array(fc.oneof({ weight: 3, arbitrary: access.map((one) => [one]) }, { weight: 1, arbitrary: transaction }))
  .map((parts) => parts.flat());

function apply(mailbox: Mailbox, { who, offset, value }: Access): number {
  if (value === undefined) return mailbox.readRegister(offset, who);
  mailbox.writeRegister(offset, value, who);
  return 0;
}

describe('any accesses of any agents', () => {
  test('keep the invariants of the FSM', () => {
    fc.assert(
      fc.property(accesses, (steps) => {
        const mailbox = new Mailbox({ size: SIZE });
        for (const step of steps) {
          const before = mailbox.fsm;
          const owner = mailbox.owner;
          apply(mailbox, step);
          const state = mailbox.save();
          // Idle is: nobody has the lock, and the other way round.
          expect(state.owner === 'none').toBe(state.fsm === MBOX_IDLE);
          expect(mailbox.get('MBOX_EXECUTE') === 1 && state.fsm === MBOX_IDLE).toBe(false);
          // The lock passes from one to another only through idle.
          if (owner !== 'none' && state.owner !== 'none') expect(state.owner).toBe(owner);
          // Only the core gets a mailbox out of ERROR; only the SoC gets it in.
          if (before === MBOX_ERROR && state.fsm !== MBOX_ERROR) expect(step.who.side).toBe('uc');
          if (before !== MBOX_ERROR && state.fsm === MBOX_ERROR) expect(step.who.side).toBe('soc');
          // Pointers stay inside, and what may be read was written.
          expect(state.readPointer).toBeLessThanOrEqual(SIZE / 4);
          expect(state.writePointer).toBeLessThan(SIZE / 4);
          expect(state.dlenInDwords).toBeLessThanOrEqual(SIZE / 4);
          // Who receives is not who sends.
          if (state.fsm === MBOX_EXECUTE_TAP) expect(['tap', 'uc']).toContain(state.owner);
          if (state.fsm === MBOX_EXECUTE_SOC) expect(['soc', 'uc']).toContain(state.owner);
          if (state.fsm === MBOX_EXECUTE_UC) expect(mailbox.pending() !== undefined).toBe(state.owner !== 'uc');
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a saved mailbox goes on exactly as the original', () => {
    fc.assert(
      fc.property(accesses, accesses, (first, second) => {
        const mailbox = new Mailbox({ size: SIZE });
        for (const step of first) apply(mailbox, step);
        const copy = new Mailbox({ size: SIZE });
        copy.restore(mailbox.save());
        expect(second.map((step) => apply(copy, step))).toEqual(second.map((step) => apply(mailbox, step)));
        expect(copy.save()).toEqual(mailbox.save());
      }),
      { numRuns: 100 },
    );
  });

  test('UNLOCK always makes it free', () => {
    fc.assert(
      fc.property(accesses, (steps) => {
        const mailbox = new Mailbox({ size: SIZE });
        for (const step of steps) apply(mailbox, step);
        mailbox.unlock();
        expect([mailbox.fsm, mailbox.owner, mailbox.status()]).toEqual([MBOX_IDLE, 'none', 'CMD_BUSY']);
        expect(mailbox.send({ axiUser: 1, command: 1, data: Uint8Array.of(1, 2, 3) })).toBe(true);
        expect(mailbox.request()).toEqual(Uint8Array.of(1, 2, 3));
      }),
      { numRuns: 100 },
    );
  });

  test('what the SoC sends is what the core reads, and back', () => {
    const bytes = fc.uint8Array({ maxLength: SIZE });
    fc.assert(
      fc.property(bytes, bytes, (request, response) => {
        const mailbox = new Mailbox({ size: SIZE });
        mailbox.send({ axiUser: 1, command: 7, data: request });
        expect(mailbox.request()).toEqual(request);
        mailbox.respond(response);
        expect(mailbox.response(1)).toEqual(response);
        const words = Array.from({ length: Math.ceil(response.length / 4) }, () => mailbox.readRegister(0x14, soc(1)));
        const drained = new Uint8Array(Uint32Array.from(words).buffer).subarray(0, response.length);
        expect(drained).toEqual(response);
      }),
      { numRuns: 100 },
    );
  });
});

describe('restore', () => {
  test.each([
    ['nothing', undefined],
    ['a state of another size', new Mailbox({ size: 2 * SIZE }).save()],
    ['an unknown FSM state', { ...new Mailbox({ size: SIZE }).save(), fsm: 8 }],
    ['an unknown owner', { ...new Mailbox({ size: SIZE }).save(), owner: 'nobody' }],
  ])('refuses %s and stays as it was', (_name, state) => {
    const mailbox = new Mailbox({ size: SIZE });
    mailbox.ucSend(1, Uint8Array.of(1));
    const before = mailbox.save();
    expect(() => mailbox.restore(state as never)).toThrow(TypeError);
    expect(mailbox.save()).toEqual(before);
  });
});
