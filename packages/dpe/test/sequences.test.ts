import { describe, expect, test } from '@jest/globals';
import { hexToBytes } from '@rootcap/crypto';
import {
  ALL_SUPPORT,
  DEFAULT_HANDLE,
  DERIVE_CONTEXT_FLAGS,
  DPE_COMMANDS,
  type DpeCommandName,
  type DpeRequest,
  encodeCommand,
  executeCommand,
  messages,
  P384_SHA384,
  SUPPORT,
} from '@rootcap/dpe';
import type { DpeSimulator } from '@rootcap/dpe/simulator';
import fc from 'fast-check';
import { defectOf, send, simulator, statusOf } from './helpers.ts';
import { hex } from './vectors.ts';

const profile = P384_SHA384;

/** Whom a command names: a context that is there when it is sent, from its own locality or another one, or nobody. */
type Target = { readonly known: number; readonly locality?: number } | { readonly fixed: Uint8Array };

const locality = fc.nat({ max: 3 });

const target: fc.Arbitrary<Target> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ known: fc.nat({ max: 63 }) }) },
  { weight: 1, arbitrary: fc.record({ known: fc.nat({ max: 63 }), locality }) },
  { weight: 1, arbitrary: fc.record({ fixed: fc.uint8Array({ minLength: 16, maxLength: 16 }) }) },
);

/** Handle and caller's locality of a command. */
function resolve({ state }: DpeSimulator, chosen: Target): { readonly handle: Uint8Array; readonly caller: number } {
  if ('fixed' in chosen) return { handle: chosen.fixed, caller: 0 };
  const active = state.active();
  const index = active[chosen.known % active.length];
  if (index === undefined) return { handle: DEFAULT_HANDLE, caller: 0 };
  return { handle: state.handleOf(index).slice(), caller: chosen.locality ?? state.localityOf(index) };
}

const flagsOf = (all: Readonly<Record<string, number>>): fc.Arbitrary<number> =>
  fc
    .subarray(Object.values(all), { maxLength: Math.min(3, Object.keys(all).length) })
    .map((bits) => bits.reduce((word, bit) => (word | bit) >>> 0, 0));

const measurement = fc.uint8Array({ minLength: 48, maxLength: 48 });
const tciType = fc.nat({ max: 12 });

/** One command: its name, and its request once the handle is known. */
interface Step {
  readonly name: DpeCommandName;
  readonly target: Target;
  readonly request: (handle: Uint8Array) => unknown;
}

const step = <Name extends DpeCommandName>(
  name: Name,
  fields: fc.Arbitrary<(handle: Uint8Array) => DpeRequest<Name>>,
): fc.Arbitrary<Step> => fc.tuple(target, fields).map(([chosen, request]) => ({ name, target: chosen, request }));

const { EXPORT_CDI, CREATE_CERTIFICATE, ...PLAIN } = DERIVE_CONTEXT_FLAGS;

const derive = (flags: fc.Arbitrary<number>) =>
  step(
    'DeriveContext',
    fc
      .record({ data: measurement, flags, tci_type: tciType, target_locality: locality, svn: fc.nat({ max: 300 }) })
      .map((rest) => (handle) => ({ handle, ...rest })),
  );

const steps = fc.oneof(
  { weight: 8, arbitrary: derive(flagsOf(PLAIN)) },
  { weight: 4, arbitrary: derive(fc.constant(PLAIN.RETAIN_PARENT_CONTEXT | PLAIN.ALLOW_RECURSIVE)) },
  { weight: 1, arbitrary: derive(flagsOf(PLAIN).map((word) => (word | EXPORT_CDI | CREATE_CERTIFICATE) >>> 0)) },
  {
    weight: 3,
    arbitrary: step(
      'RotateContextHandle',
      flagsOf({ TARGET_IS_DEFAULT: 0x8000_0000 }).map((flags) => (handle) => ({ handle, flags })),
    ),
  },
  {
    weight: 2,
    arbitrary: step(
      'DestroyContext',
      fc.constant((handle: Uint8Array) => ({ handle })),
    ),
  },
  {
    weight: 2,
    arbitrary: step(
      'InitializeContext',
      flagsOf({ SIMULATION: 0x8000_0000, DEFAULT: 0x4000_0000 }).map((flags) => () => ({ flags })),
    ),
  },
  {
    weight: 3,
    arbitrary: step(
      'UpdateContextMeasurement',
      fc
        .record({ data: measurement, tci_type: tciType })
        .map((rest) => (parent_handle) => ({ parent_handle, ...rest, reserved: 0, reserved_svn: 0 })),
    ),
  },
  {
    weight: 1,
    arbitrary: step(
      'Sign',
      fc.record({ label: measurement, tbs: measurement }).map((rest) => (handle) => ({ handle, flags: 0, ...rest })),
    ),
  },
  {
    weight: 1,
    arbitrary: step(
      'CertifyKey',
      fc
        .record({ format: fc.nat({ max: 2 }), label: measurement })
        .map((rest) => (handle) => ({ handle, flags: 0, ...rest })),
    ),
  },
);

/** Handles of contexts that can be named now. */
const named = ({ state }: DpeSimulator): Uint8Array[] => state.active().map((index) => state.handleOf(index).slice());

describe('any sequence of commands', () => {
  /** The reference starts a simulation beside a default context, and its validator refuses that after a reset. */
  const cases = [
    { title: 'without simulation', support: ALL_SUPPORT & ~SUPPORT.SIMULATION, tolerated: [] },
    { title: 'with simulation', support: ALL_SUPPORT, tolerated: ['MixedContextLocality'] },
  ];

  test.each(cases)('$title: a sound state; the very same one after a refusal; handles are used once', (given) => {
    let succeeded = 0;
    fc.assert(
      fc.property(fc.array(steps, { minLength: 10, maxLength: 60, size: 'max' }), (commands) => {
        const dpe = simulator({ support: given.support >>> 0 });
        for (const { name, target, request } of commands) {
          const { handle, caller } = resolve(dpe, target);
          const before = dpe.state.image.slice();
          const response = dpe.execute(
            caller,
            encodeCommand(profile, name, request(handle) as DpeRequest<typeof name>),
          );
          expect([undefined, ...given.tolerated]).toContain(defectOf(dpe.state));
          if (statusOf(response) !== 0) {
            expect(response.length).toBe(messages.ResponseHdr.size);
            expect(hex(dpe.state.image)).toBe(hex(before));
            continue;
          }
          succeeded++;
          // Whatever named a context by a handle of its own has used it up, unless a simulation was started.
          if (name !== 'InitializeContext' && hex(handle) !== hex(DEFAULT_HANDLE))
            expect(named(dpe).map(hex)).not.toContain(hex(handle));
        }
      }),
      { numRuns: 40 },
    );
    expect(succeeded).toBeGreaterThan(100);
  });
});

describe('any bytes', () => {
  const recorded = Object.entries(DPE_COMMANDS).map(([, { id, request }]) => {
    const body = new Uint8Array(request(profile).size);
    const header = messages.CommandHdr.encode({ magic: messages.COMMAND_MAGIC, cmd_id: id, profile: profile.id });
    return Uint8Array.of(...header, ...body);
  });

  test('are answered, whatever they are', () => {
    const dpe = simulator();
    const before = hex(dpe.state.image);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), locality, (input, caller) => {
        expect(statusOf(dpe.execute(caller, input))).toBe(2);
      }),
    );
    expect(hex(dpe.state.image)).toBe(before);
  });

  test('a command that is cut off is refused: InvalidCommand in its header, InvalidArgument behind it', () => {
    const dpe = simulator();
    const before = hex(dpe.state.image);
    for (const command of recorded)
      for (let length = 0; length < command.length; length++)
        expect(statusOf(dpe.execute(0, command.subarray(0, length)))).toBe(length < 12 ? 2 : 3);
    expect(hex(dpe.state.image)).toBe(before);
  });

  test('a command with its header changed is refused, unless it is GetProfile for another profile', () => {
    const [env] = simulator().environments;
    if (env === undefined) throw new Error('no environment');
    fc.assert(
      fc.property(fc.nat({ max: 8 }), fc.nat({ max: 95 }), (index, bit) => {
        const command = (recorded[index] as Uint8Array).slice();
        command[bit >> 3] = (command[bit >> 3] as number) ^ (1 << (bit & 7));
        const known = Object.values(DPE_COMMANDS).some(
          ({ id }) => id === messages.CommandHdr.decodeFrom(command).cmd_id,
        );
        if (bit >= 32 && bit < 64 && known) return;
        const answered = statusOf(executeCommand(env, 0, command));
        expect(answered).toBe(index === 0 && bit >= 64 ? 0 : 2);
      }),
    );
  });

  test('what follows a command is not looked at', () => {
    const dpe = simulator();
    const plain = dpe.execute(0, recorded[0] as Uint8Array);
    expect(dpe.execute(0, Uint8Array.of(...(recorded[0] as Uint8Array), 1, 2, 3))).toEqual(plain);
  });

  test('Sign with IS_RAW is longer, and its size is at most 1024: ML-DSA only', () => {
    const dpe = simulator({ profile: 'ml-dsa' });
    const header = '434550440a00000005000000';
    const sign = (size: string, rest: number) =>
      hexToBytes(`${header}${'00'.repeat(16 + 48)}01000000${size}${'00'.repeat(rest)}`);
    expect(statusOf(dpe.execute(0, sign('01040000', 1024)))).toBe(3);
    expect(statusOf(dpe.execute(0, sign('00040000', 1023)))).toBe(3);
    expect(statusOf(dpe.execute(0, sign('00040000', 1024)))).toBe(0);
    const ecc = simulator();
    const request = { handle: DEFAULT_HANDLE, label: new Uint8Array(48), flags: 1, tbs: new Uint8Array(48) };
    expect(statusOf(send(ecc, 'Sign', request))).toBe(0);
  });
});
