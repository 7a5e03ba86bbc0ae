import { describe, expect, test } from '@jest/globals';
import { Host } from '@rootcap/device-rpc';
import fc from 'fast-check';
import { Client, provider, soc } from './helpers.ts';

const METHODS = new Client().call('hello').methods as string[];
const PARAMETERS = [
  ...['address', 'value', 'size', 'axiUser', 'ops', 'cycles', 'watch', 'until', 'kind', 'images', 'kinds', 'state'],
  ...['region', 'offset', 'length', 'data', 'fault', 'on', 'index', 'words', 'event', 'name', 'engine', 'hardware'],
  ...['rom', 'securityState', 'subsystem', 'trng', 'obfKey', 'debugUnlockKeys', 'entropy', 'testAccess', 'testSram'],
];

/** Values that mean something, and values that do not. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    ...[0x3002_0000, 0x3002_0018, 0x3003_0038, soc('CPTRA_FUSE_WR_DONE'), soc('CPTRA_BOOTFSM_GO'), 0x2100_0030],
    ...[1, 2, 3, 4, 7, -1, 2 ** 32, 2 ** 53, '0x30030000', 'warm', 'cold', 'mcuSram', 'dccm', 'riscv', 'client'],
    ...['none', 'otp', 'iccmDoubleBit', true, false, null, '', '00112233', 'text'],
  ),
  fc.array(
    fc.tuple(
      fc.constantFrom('r', 'w', 'rf', 'wf', 'x'),
      fc.integer({ min: 0x3002_0000, max: 0x3003_0fff }),
      fc.nat(40),
    ),
    { maxLength: 5 },
  ),
);

const request = fc
  .record({
    method: fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...METHODS) }, fc.string()),
    params: fc.dictionary(fc.constantFrom(...PARAMETERS), value, { maxKeys: 6 }),
  })
  .map(({ method, params }) => ({ jsonrpc: '2.0', id: 1, method, params }));

/** A request with a few characters changed, cut out or put in. */
const damaged = fc
  .tuple(
    request,
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 3 }),
  )
  .map(([json, edits]) =>
    edits.reduce((text, [at, cut, put]) => {
      const index = at % (text.length + 1);
      return text.slice(0, index) + put + text.slice(index + cut);
    }, JSON.stringify(json)),
  );

const line = fc.oneof(
  request.map((json) => JSON.stringify(json)),
  damaged,
  fc.string({ unit: 'binary' }),
);

describe('whatever lines come', () => {
  test('each request gets one answer, nothing is thrown, and no other connection notices', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 12 }), (lines) => {
        const host = new Host({ provider });
        const [hostile, witness] = [new Client(host), new Client(host)];
        witness.call('create', { name: 'witness', securityState: 7 });
        witness.write(soc('CPTRA_WDT_CFG'), 12345);
        const before = witness.call('snapshot').state;
        for (const text of lines) {
          if (hostile.session.closed) break;
          const answers = hostile.raw(text);
          for (const answer of answers) {
            if (answer.method === 'event') continue;
            expect(answer.jsonrpc).toBe('2.0');
            expect('result' in answer).not.toBe('error' in answer);
            // An internal failure would be a defect of ours.
            expect(answer.error?.code).not.toBe(-32099);
          }
          if (isRequest(text)) expect(answers.filter(({ id }) => id === 1)).toHaveLength(1);
        }
        hostile.session.close();
        expect(host.devices).toBe(1);
        expect(witness.call('snapshot').state).toBe(before);
      }),
      { numRuns: 120 },
    );
  });
});

function isRequest(text: string): boolean {
  try {
    const json = JSON.parse(text);
    return json !== null && typeof json === 'object' && !Array.isArray(json) && json.id === 1;
  } catch {
    return false;
  }
}
