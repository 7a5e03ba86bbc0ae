import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { entropyBlock, utf8ToBytes } from '@rootcap/crypto';
import { COMMAND_ID } from '@rootcap/firmware';
import { buildBundle, demoKeys } from '@rootcap/image';
import { createDevice, demoBundle, demoMcuFirmware, demoSocManifest } from 'rootcap';
import { booted, Client, CMD, DATAOUT, DLEN, EXECUTE, provider, STATUS, soc, words } from './helpers.ts';

const SEED = utf8ToBytes('device RPC');
/** The device in this process gets its entropy from there too. */
const etrng = Array.from({ length: 512 }, (_, i) => ({ delay: 0, words: words(entropyBlock(SEED, i, provider)) }));
const obfKey = Array.from({ length: 8 }, (_, i) => 0x0101_0101 * (i + 1));
const OBFUSCATION_KEY = Uint8Array.from({ length: 32 }, (_, i) => (i >>> 2) + 1);

/** A response's certificate: checksum, FIPS status, length, data. */
function certificate(response: Uint8Array): Uint8Array {
  const length = new DataView(response.buffer, response.byteOffset).getUint32(8, true);
  return response.slice(12, 12 + length);
}

describe('a boot through the pins', () => {
  test('gives the certificates of the same device in this process', () => {
    const there = booted({ entropy: { etrng }, obfKey });
    const here = createDevice({ provider, seed: SEED, obfuscationKey: OBFUSCATION_KEY }).boot();
    const names = ['GET_RT_ALIAS', 'GET_FMC_ALIAS', 'GET_LDEV'] as const;
    for (const [algorithm, suffix] of [
      ['ecdsa-p384', 'ECC384'],
      ['mldsa87', 'MLDSA87'],
    ] as const)
      expect(names.map((name) => certificate(there.command(`${name}_${suffix}_CERT`)))).toEqual(
        here.certificateChain(algorithm),
      );
  });

  test('tells what the firmware says, and when', () => {
    const client = new Client();
    client.call('create', { securityState: 7 });
    client.fuses().go();
    const boot = client.step(2 ** 24);
    expect(boot).toMatchObject({ reason: 'wire', readyForFw: true, output: 'Running Caliptra ROM ...\n' });
    expect(boot.ran).toBeLessThan(20_000_000);
    expect(client.load()).toBe(
      'Running Caliptra FMC ...\nRunning Caliptra RT ...\n[rt] RT listening for mailbox commands...\n',
    );
    expect(client.call('wires')).toEqual({
      readyForFuses: false,
      readyForFw: true,
      readyForRuntime: true,
      mailboxDataAvail: false,
      mailboxFlowDone: true,
      errorFatal: false,
      errorNonFatal: false,
      genericOutput: [0, 0],
    });
    const { now, ...rest } = client.call('output');
    expect(rest).toEqual({ readyForFw: true });
    expect(now).toBeGreaterThan(5_000_000);
  });

  test('in subsystem mode firmware comes over the recovery interface', () => {
    const client = new Client();
    client.call('create', { securityState: 7, subsystem: true });
    client.fuses().go();
    client.step(2 ** 24);
    const images = [demoBundle(provider), demoSocManifest(provider), demoMcuFirmware()];
    client.call('recovery', { images: images.map((image) => Buffer.from(image).toString('hex')) });
    expect(client.send(COMMAND_ID.RI_DOWNLOAD_FIRMWARE, new Uint8Array(4)).status).toBe(2);
    expect(client.run()).toContain('RT listening');
    expect(client.call('wires').readyForRuntime).toBe(true);
  });

  test('the manufacturing CSR envelope waits in the mailbox until the SoC has taken it', () => {
    const client = new Client();
    client.call('create', { securityState: 5 });
    client.fuses().go({ csr: true });
    const waiting = client.step(2 ** 24, { watch: [soc('CPTRA_FLOW_STATUS')] });
    expect(waiting.reason).toBe('watch');
    expect(client.call('wires').mailboxDataAvail).toBe(true);
    const size = client.read(DLEN);
    const [envelope] = client.ops(
      ['rf', DATAOUT, size],
      ['w', STATUS, 2],
      ['w', soc('CPTRA_DBG_MANUF_SERVICE_REG'), 0],
    );
    // ASCII of "CSR", a little-endian word.
    expect([size, envelope.slice(0, 8)]).toEqual([8784, '52534300']);
    const csr = /\[idev\] ECC CSR = ([0-9A-F]+)\n/.exec(waiting.output)?.[1]?.toLowerCase();
    expect(envelope.slice(24, 24 + (csr?.length ?? 0))).toBe(csr);
    expect(client.step(2 ** 24).readyForFw).toBe(true);
  });

  test('an uploaded bundle is measured as it is, whatever its images are', () => {
    // Sizes and addresses as those of the real firmware; what runs afterwards is the model's own.
    const random = (size: number, seed: number): Uint8Array =>
      provider.xof.digest('shake256', size, Uint8Array.of(seed));
    const [fmc, runtime] = [random(20_004, 1), random(196_608, 2)];
    const { vendor, owner } = demoKeys(provider);
    const bundle = buildBundle({
      provider,
      pqc: 'mldsa',
      vendor,
      owner,
      fmc: { payload: fmc, loadAddr: 0x4000_0000, entryPoint: 0x4000_0040, version: 0x0841 },
      runtime: { payload: runtime, loadAddr: 0x4000_5000, entryPoint: 0x4000_5040, version: 7 },
      header: { svn: 9 },
    });
    const client = new Client();
    client.call('create', { securityState: 7, testAccess: true });
    client.fuses().go();
    client.step(2 ** 24);
    client.load(bundle);
    const info = Buffer.from(client.command('FW_INFO')).toString('hex');
    // The table of contents holds digests as little-endian words.
    const digest = (image: Uint8Array): string => createHash('sha384').update(image).digest().swap32().toString('hex');
    for (const image of [fmc, runtime]) expect(info).toContain(digest(image));
    const iccm = client.call('memory', { region: 'iccm', offset: 0x5000, length: runtime.length }).data;
    expect(iccm).toBe(Buffer.from(runtime).toString('hex'));
  });

  test('a bundle that ROM refuses shows in the error register soon', () => {
    const client = new Client();
    client.call('create', { securityState: 7 });
    client.fuses().go();
    client.step(2 ** 24);
    const bundle = demoBundle(provider);
    bundle[0] = 0;
    const { status } = client.send(COMMAND_ID.FIRMWARE_LOAD, bundle);
    expect(status).toBe(3);
    const stopped = client.step(1_000_000, { watch: [soc('CPTRA_FW_ERROR_FATAL')] });
    expect([client.call('wires').errorFatal, client.read(soc('CPTRA_FW_ERROR_FATAL')), stopped.reason]).toEqual([
      true,
      0x000b_0001,
      expect.any(String),
    ]);
  });
});

describe('resets', () => {
  test('warm: fuses stay, the mailbox is free, the core waits for FUSE_WR_DONE and GO', () => {
    const client = booted({ securityState: 7 });
    client.ops(['r', 0x3002_0000]);
    const before = client.call('output').now;
    client.call('reset', { kind: 'warm' });
    const wires = client.call('wires');
    expect([wires.readyForFuses, wires.readyForRuntime]).toEqual([true, false]);
    expect(client.call('output').now).toBe(before + 1);
    expect(client.read(soc('CPTRA_RESET_REASON'))).toBe(2);
    expect(client.read(soc('FUSE_PQC_KEY_TYPE'))).toBe(1);
    client.go();
    expect(client.run()).toContain('RT listening');
    expect(client.command('VERSION').length).toBe(36);
  });

  test('cold: everything but the options', () => {
    const client = booted();
    client.call('reset', { kind: 'cold' });
    expect(client.read(soc('FUSE_PQC_KEY_TYPE'))).toBe(0);
    client.fuses().go();
    expect(client.step(2 ** 24).readyForFw).toBe(true);
    expect(client.load()).toContain('RT listening');
  });

  test('update: the firmware in the mailbox takes over', () => {
    const client = booted();
    const text = client.load();
    expect(text).toContain('[rt] RT listening');
    expect(client.read(soc('CPTRA_RESET_REASON'))).toBe(1);
    expect(client.command('FW_INFO').length).toBeGreaterThan(100);
  });

  test('a command that does not end: EXECUTE cleared frees the mailbox within a cycle', () => {
    const client = booted();
    client.ops(['r', 0x3002_0000], ['w', CMD, 1], ['w', DLEN, 0], ['w', EXECUTE, 1]);
    client.step(2 ** 20, { watch: [STATUS] });
    client.write(EXECUTE, 0);
    client.step(1);
    expect((client.read(STATUS) >>> 6) & 7).toBe(0);
  });
});
