import { describe, expect, test } from '@jest/globals';
import { RotError } from '@rootcap/errors';
import {
  type Firmware,
  MailboxReqHeader,
  type RuntimeCommand,
  runtimeCommand,
  STAGES,
  sealMessage,
} from '@rootcap/firmware';
import {
  createBaseline,
  createBench,
  fuzzCommands,
  fuzzImages,
  fuzzMailbox,
  fuzzResets,
  SecretFinder,
  TooManySteps,
  type Violation,
} from '@rootcap/proofs';

const SAMPLE = { from: 0, to: 400 };

function properties(violations: readonly Violation[]): string[] {
  return [...new Set(violations.map(({ property }) => property))];
}

describe('a sample of the fuzz run', () => {
  const bench = createBench();

  test('mutated images', () => {
    const { violations, counts } = fuzzImages(bench, 7, SAMPLE);
    expect(violations).toEqual([]);
    expect(counts.size).toBeGreaterThan(30);
    expect(counts.get('accepted')).toBeGreaterThan(0);
  });

  test('mutated mailbox sequences', () => {
    const { violations, counts } = fuzzMailbox(bench, 7, SAMPLE);
    expect(violations).toEqual([]);
    expect(counts.size).toBeGreaterThan(60);
  });

  test('requests for every command', () => {
    const { violations, counts } = fuzzCommands(bench, 10, { from: 0, to: 40 });
    expect(violations).toEqual([]);
    for (const command of ['LMS_SIGNATURE_VERIFY', 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', 'OCP_LOCK_ENABLE_MPK'])
      expect([command, counts.get(`${command}: answered`)]).toEqual([command, expect.any(Number)]);
    expect(counts.size).toBeGreaterThan(150);
    expect([...counts.keys()].filter((outcome) => outcome.endsWith(': answered')).length).toBeGreaterThan(50);
  });

  test('resets at any moment', () => {
    const { violations, counts } = fuzzResets(bench, 7, { from: 0, to: 40 });
    expect(violations).toEqual([]);
    expect(counts.size).toBeGreaterThan(30);
  });

  test('the same seed gives the same requests', () => {
    const counts = () => [...fuzzCommands(bench, 7, { from: 0, to: 20 }).counts];
    expect(counts()).toEqual(counts());
  });

  test('a case does not depend on the cases before it', () => {
    const whole = fuzzMailbox(bench, 7, { from: 0, to: 40 });
    const parts = fuzzMailbox(bench, 7, { from: 0, to: 20 });
    parts.add(fuzzMailbox(bench, 7, { from: 20, to: 40 }));
    expect(new Map([...parts.counts].sort())).toEqual(new Map([...whole.counts].sort()));
  });
});

/** A firmware whose VERSION does what no firmware should. */
function broken(handle: RuntimeCommand['handle']): RuntimeCommand {
  return { ...runtimeCommand('VERSION', 'any', MailboxReqHeader, () => undefined), handle };
}

describe('the fuzzer sees', () => {
  test.each<[string, Violation['property'], RuntimeCommand['handle']]>([
    [
      'a key in a response',
      'secret',
      ({ chip }) => {
        const response = new Uint8Array(24);
        response.set(chip.keyVault.inspect(5).subarray(9, 25), 8);
        return response;
      },
    ],
    [
      'an error that is none of the device',
      'typed error',
      () => {
        throw new TypeError('broken');
      },
    ],
    [
      'a key in an error',
      'secret',
      ({ chip }) => {
        throw new TypeError(`key ${chip.keyVault.inspect(5).subarray(0, 8).join()}`);
      },
    ],
    [
      'a command that changes something and is refused',
      'unchanged',
      ({ persistent }) => {
        persistent.fw.set('mcu_firmware_loaded', 1);
        throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS');
      },
    ],
  ])('%s', (_, property, handle) => {
    const { violations } = fuzzMailbox(createBench({ commands: [broken(handle)] }), 7, { from: 0, to: 400 });
    expect(properties(violations)).toContain(property);
  });

  test('a command that changes something and is refused, in requests for every command', () => {
    const command = broken(({ persistent }) => {
      persistent.fw.set('mcu_firmware_loaded', 3);
      throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS');
    });
    const { violations } = fuzzCommands(createBench({ commands: [command] }), 7, { from: 0, to: 16 });
    expect(properties(violations)).toContain('unchanged');
  });

  test.each<[string, (context: Parameters<RuntimeCommand['handle']>[0]) => Uint8Array]>([
    ['an HPKE private key', ({ state }) => state.runtime.ocpLock.hpke.keys[1]?.ikm ?? new Uint8Array(0)],
    ['the HEK', ({ chip }) => chip.keyVault.inspect(22)],
    ['the VEK', ({ chip }) => chip.keyVault.inspect(18)],
  ])('%s in a response', (_, secretOf) => {
    const command = broken((context) => {
      const response = new Uint8Array(24);
      response.set(secretOf(context).subarray(0, 16), 8);
      return sealMessage(0, response);
    });
    const { violations } = fuzzCommands(createBench({ commands: [command] }), 7, { from: 0, to: 21 });
    expect(properties(violations)).toContain('secret');
  });

  test.each([
    ['that no runtime has', 'FMC_GLOBAL_NMI'],
    ['of other commands', 'RUNTIME_PCR_RESERVED'],
  ] as const)('a code %s, in requests for every command', (_, code) => {
    const command = broken(() => {
      throw new RotError(code);
    });
    const { violations } = fuzzCommands(createBench({ commands: [command] }), 7, { from: 0, to: 16 });
    expect(properties(violations)).toContain('typed error');
  });

  test('a runtime that goes on as if no reset had interrupted it', () => {
    const { violations } = fuzzResets(createBench({ stages: { runtime: forgetful } }), 7, { from: 0, to: 80 });
    expect(violations.map(({ detail }) => detail).join()).toContain('attestation survived a reset in a command');
  });

  test('a firmware that runs on and on', () => {
    const bench = createBench({ stages: { runtime: restless } });
    const { device } = createBaseline('restless', bench, {}, 'rom');
    expect(() => device.loadFirmware(bench.firmware)).toThrow(TooManySteps);
  });
});

function forgetful(context: Parameters<typeof STAGES.runtime>[0]): Firmware {
  context.persistent.dpe.set('runtime_cmd_active', 0);
  return STAGES.runtime(context);
}

function* restless(): Firmware {
  for (;;) yield { for: 'observer', ready: () => true };
}

describe('SecretFinder', () => {
  const secret = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 11) & 0xff);
  const finder = new SecretFinder();
  finder.add('secret', secret);
  const piece = secret.slice(20, 28);

  test.each([
    ['eight bytes', piece],
    ['eight bytes reversed', piece.slice().reverse()],
    ['inside other bytes', Uint8Array.from([1, 2, 3, ...piece, 4])],
    ['words of a little-endian bus', Uint8Array.from([3, 2, 1, 0, 7, 6, 5, 4].map((i) => secret[20 + i] as number))],
  ])('finds %s', (_, bytes) => expect(finder.find(bytes)).toBe('secret'));

  test.each([
    ['hexadecimal', `error at ${Buffer.from(piece).toString('hex')}!`],
    ['a list of bytes', `[${piece.join(',')}]`],
    ['JSON of a Uint8Array', JSON.stringify(piece)],
  ])('finds %s', (_, text) => expect(finder.findInText(text)).toBe('secret'));

  test('finds neither seven bytes nor anything else', () => {
    expect(finder.find(piece.subarray(1))).toBeUndefined();
    expect(finder.find(new Uint8Array(100))).toBeUndefined();
    expect(finder.findInText('CPTRA_FW_ERROR_NON_FATAL 0x000e0005')).toBeUndefined();
  });
});
