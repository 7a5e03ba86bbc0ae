import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { hexToBytes } from '@rootcap/crypto';
import { PersistentData } from '@rootcap/firmware';
import { booted, Client, soc } from './helpers.ts';

const TRNG_STATUS = soc('CPTRA_TRNG_STATUS');
const TRNG_DATA = soc('CPTRA_TRNG_DATA');

/** Response `index` of a seeded external TRNG, as the protocol's page defines it: words in register order. */
function seeded(seed: bigint, index: number): number[] {
  const suffix = Buffer.alloc(8);
  suffix.writeBigUInt64LE(seed);
  const stream = createHash('shake256', { outputLength: 48 * (index + 1) })
    .update('rootcap-etrng')
    .update(suffix)
    .digest();
  return Array.from({ length: 12 }, (_, i) => stream.readUInt32LE(48 * index + 4 * i));
}

/** Two shares of a key that ROM takes from the TRNG, in what the device keeps. */
function share(client: Client): string {
  const dccm = hexToBytes(client.call('memory', { region: 'dccm', length: 0x4_0000 }).data);
  return Buffer.from(new PersistentData(dccm).rom.get('cmb_aes_key_share0')).toString('hex');
}

const inRom = (entropy: unknown, more: object = {}): Client => {
  const client = new Client();
  client.call('create', { securityState: 7, testAccess: true, entropy, ...more });
  client.fuses().go();
  return client;
};

const hexOf = (words: readonly number[]): string =>
  words.map((word) => Buffer.from(Uint32Array.of(word).buffer).toString('hex')).join('');

/** Responses of a boot up to the share: 21 before the first key, then those of two key pairs and a certificate. */
const SHARE_RESPONSE = 45;

describe('external TRNG', () => {
  test('a seed, by default 0, continues the list', () => {
    const list = Array.from({ length: 10 }, (_, i) => ({ delay: 0, words: new Array<number>(12).fill(i) }));
    const [plain, zero, mixed] = [inRom(undefined), inRom({ seed: 0 }), inRom({ seed: 0, etrng: list })];
    for (const client of [plain, zero, mixed]) client.step(2 ** 24, { watch: [] });
    for (const client of [plain, zero, mixed]) client.run();
    expect(share(plain)).toBe(hexOf(seeded(0n, SHARE_RESPONSE).slice(0, 8)));
    expect(share(zero)).toBe(share(plain));
    expect(share(mixed)).toBe(hexOf(seeded(0n, SHARE_RESPONSE - 10).slice(0, 8)));
    const hexadecimal = inRom({ seed: '0x123456789abcd' });
    hexadecimal.run();
    expect(share(hexadecimal)).toBe(hexOf(seeded(0x1_2345_6789_abcdn, SHARE_RESPONSE).slice(0, 8)));
  });

  test('a list without a seed runs dry: firmware waits, then fails', () => {
    const client = inRom({ etrng: [] });
    const boot = client.step(2 ** 20);
    expect([client.read(soc('CPTRA_FW_ERROR_FATAL')), client.call('wires').errorFatal]).toEqual([0x0010_0001, true]);
    expect(boot.readyForFw).toBe(false);
  });

  test('a delay is time that firmware waits', () => {
    const words = new Array<number>(12).fill(1);
    const [quick, slow] = [0, 1000].map((delay) => inRom({ seed: 1, etrng: [{ delay, words }] })) as [Client, Client];
    const until = { address: soc('CPTRA_FW_REV_ID'), value: 0x1043, mask: 0xffff };
    const [a, b] = [quick, slow].map((client) => client.step(2 ** 24, { until }));
    expect(b.ran - a.ran).toBe(1000);
    const late = inRom({ seed: 1, etrng: [{ delay: 300_000, words }] });
    late.step(2 ** 20);
    expect(late.read(soc('CPTRA_FW_ERROR_FATAL'))).toBe(0x0010_0001);
  });

  test('the client may serve it: the same answers give the same device', () => {
    const served = inRom('client');
    const cycles = 2 ** 24;
    let index = 0;
    for (;;) {
      const { reason, readyForFw } = served.step(cycles, { until: { address: TRNG_STATUS, mask: 3, value: 1 } });
      if (reason !== 'until') {
        if (readyForFw && reason === 'idle') break;
        if (reason === 'cycles') break;
        continue;
      }
      const data = seeded(0n, index++).map((word, i) => ['w', TRNG_DATA + 4 * i, word]);
      served.ops(...data, ['w', TRNG_STATUS, 2]);
      expect(served.read(TRNG_STATUS) & 3).toBe(0);
    }
    expect(share(served)).toBe(hexOf(seeded(0n, SHARE_RESPONSE).slice(0, 8)));
    expect(index).toBeGreaterThan(SHARE_RESPONSE);
  });

  test('a client that does not serve it: nothing happens', () => {
    const client = inRom('client');
    expect(client.step(2 ** 24)).toMatchObject({ reason: 'idle', ran: 2 ** 24 });
    expect(client.read(TRNG_STATUS) & 1).toBe(1);
  });
});

describe('internal TRNG', () => {
  test('samples, then the seed; the first of two samples is the low half of a byte', () => {
    const stream = createHash('shake256', { outputLength: 2 ** 16 })
      .update('rootcap-itrng')
      .update(Buffer.alloc(8))
      .digest();
    const nibbles = [...stream].flatMap((byte) => [byte & 15, byte >>> 4]).map((nibble) => nibble.toString(16));
    const [seededDevice, listed, mixed] = [
      inRom({ seed: 0 }, { trng: 'internal' }),
      inRom({ itrngNibbles: nibbles.join('') }, { trng: 'internal' }),
      inRom({ itrngNibbles: '', seed: 0 }, { trng: 'internal' }),
    ];
    for (const client of [seededDevice, listed, mixed]) client.run();
    expect(share(listed)).toBe(share(seededDevice));
    expect(share(mixed)).toBe(share(seededDevice));
    expect(seededDevice.read(soc('CPTRA_HW_CONFIG')) & 1).toBe(1);
  });

  test('an odd number of samples shifts what the seed continues by half a byte', () => {
    const odd = inRom({ itrngNibbles: '123', seed: 5 }, { trng: 'internal' });
    odd.run();
    expect(odd.call('wires').readyForFw).toBe(true);
  });

  test('a source that ends hangs the core until the watchdog ends that', () => {
    const client = inRom({ itrngNibbles: '0123456789' }, { trng: 'internal', securityState: 3 });
    expect(client.step(2 ** 26)).toMatchObject({ reason: 'idle', readyForFw: false });
    expect(client.read(soc('CPTRA_FW_ERROR_FATAL'))).toBe(0);
  });
});

test('the same options and calls give the same bytes', () => {
  const [a, b] = [booted({ entropy: { seed: 7 } }), booted({ entropy: { seed: 7 } })];
  const command = 'GET_RT_ALIAS_ECC384_CERT';
  expect(a.command(command)).toEqual(b.command(command));
  expect(a.call('output')).toEqual(b.call('output'));
});
