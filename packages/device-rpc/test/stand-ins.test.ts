import { describe, expect, test } from '@jest/globals';
import { bytesToHex } from '@rootcap/crypto';
import { Host } from '@rootcap/device-rpc';
import { BOOT_STATUS, COMMAND_ID, FHT_MARKER, FirmwareHandoffTable } from '@rootcap/firmware';
import { ImageManifest } from '@rootcap/image';
import { demoBundle } from 'rootcap';
import { booted, Client, CMD, DLEN, EXECUTE, LOCK, provider, soc } from './helpers.ts';

const { fmc, runtime } = ImageManifest.decodeFrom(demoBundle(provider));
const FMC = bytesToHex(fmc.digest);
const RUNTIME = bytesToHex(runtime.digest);
const NOTHING = new Uint8Array(0);

/** Debug is unlocked, as on test benches: ROM then starts no watchdog, which the test FMC would not stop. */
const BENCH = { testAccess: true, securityState: 3 } as const;

function standIn(digest: string, name: string): Client {
  return booted({ ...BENCH, standIns: [{ digest, name }] });
}

function ask(client: Client, command: number, request: Uint8Array = NOTHING): Uint8Array {
  const { status, data } = client.send(command, request);
  expect(status).toBe(1);
  return data;
}

describe('stand-ins', () => {
  test('the interactive test FMC shows what ROM handed over', () => {
    const client = standIn(FMC, 'interactive-test-fmc');
    expect(FirmwareHandoffTable.decode(ask(client, 0x1000_0003)).fht_marker).toBe(FHT_MARKER);
    const pcrs = ask(client, 0x1000_0006);
    expect(pcrs).toHaveLength(32 * 48);
    expect(pcrs.subarray(31 * 48)).toEqual(new Uint8Array(48));
    expect(ask(client, 0x1000_0007)).toEqual(new Uint8Array(4));
    expect(ask(client, 0x1000_0000).length % 56).toBe(0);
    const fuseLog = ask(client, 0x1000_0002);
    expect(fuseLog).toHaveLength(10 * 16);
    expect(ask(client, 0x1000_000a)).toHaveLength(0);
    // 2.1.3, behind digest, revision and flags.
    expect(ask(client, 0x1000_0008).slice(56)).toEqual(Uint8Array.of(0x43, 0x10, 0, 0));
    expect(client.send(0x1000_000c, NOTHING).status).toBe(2);
    expect(client.call('wires').genericOutput).toEqual([0xff, 0]);
  });

  test('compares ICCM with what the client loaded', () => {
    const bundle = demoBundle(provider);
    const images = bundle.slice(ImageManifest.size, ImageManifest.size + fmc.size + runtime.size);
    const request = new Uint8Array(8 + images.length);
    new DataView(request.buffer).setUint32(0, fmc.size, true);
    new DataView(request.buffer).setUint32(4, runtime.size, true);
    request.set(images, 8);
    const client = standIn(FMC, 'interactive-test-fmc');
    expect(ask(client, 0x1000_000e, request)).toEqual(Uint8Array.of(0));
    request[8] = (request[8] as number) ^ 1;
    expect(ask(client, 0x1000_000e, request)).toEqual(Uint8Array.of(1));
  });

  test('a store into the data vault ends in the exception handler', () => {
    const client = standIn(FMC, 'interactive-test-fmc');
    expect(client.send(0x1000_0010, NOTHING).status).toBe(2);
    expect(client.read(soc('CPTRA_FW_EXTENDED_ERROR_INFO'))).toBe(7);
    expect(client.send(0x1000_0003, NOTHING).status).toBe(3);
  });

  test('the test FMC ends the run when no command waits for it', () => {
    const client = new Client();
    client.call('create', { ...BENCH, standIns: [{ digest: FMC, name: 'test-fmc' }] });
    client.fuses().go();
    client.step(2 ** 24);
    client.send(COMMAND_ID.FIRMWARE_LOAD, demoBundle(provider));
    expect(client.step(2 ** 24)).toMatchObject({ exit: 'passed', output: 'Running Caliptra FMC ...\n' });
  });

  test('the test FMC takes its command out of an external one, and leaves what it does not know', () => {
    const client = standIn(FMC, 'interactive-test-fmc');
    const external = Uint8Array.of(0, 0, 0, 0, 3, 0, 0, 0x10);
    expect(ask(client, COMMAND_ID.EXTERNAL_MAILBOX_CMD, external)).toHaveLength(FirmwareHandoffTable.size);
    expect(client.ops(['r', LOCK])).toEqual([0]);
    client.ops(['w', CMD, 0xdead_beef], ['w', DLEN, 0], ['w', EXECUTE, 1]);
    expect(client.step(2 ** 20)).toMatchObject({ idle: true });
  });

  test('the test runtime shows the PCRs, and answers what the runtime answers', () => {
    const client = standIn(RUNTIME, 'test-runtime');
    const journey = ask(client, 0x1000_0000);
    expect(journey).toEqual(ask(client, 0x1000_0001));
    expect(journey).not.toEqual(new Uint8Array(48));
    expect(ask(client, 0x5000_0000)).toHaveLength(48);
    // The root's measurement is the runtime's journey at first.
    expect(ask(client, 0x6000_0001)).toEqual(journey);
    expect(ask(client, 0xa000_0000)).toHaveLength(9232);
    expect(ask(client, 0xc000_0000)).toEqual(new Uint8Array(128));
    expect(ask(client, 0x1000_1000, new Uint8Array(4))).toHaveLength(48);
    expect(client.command('FW_INFO').length).toBeGreaterThan(48);
  });

  test('the test runtime answers at the cycle at which it becomes ready', () => {
    const client = new Client();
    client.call('create', { ...BENCH, standIns: [{ digest: RUNTIME, name: 'test-runtime' }] });
    client.fuses().go();
    client.step(2 ** 24);
    client.send(COMMAND_ID.FIRMWARE_LOAD, demoBundle(provider));
    const ready = { address: soc('CPTRA_BOOT_STATUS'), value: BOOT_STATUS.RtReadyForCommands };
    expect(client.step(2 ** 24, { until: ready }).reason).toBe('until');
    expect(ask(client, 0x1000_0001)).toHaveLength(48);
  });

  test('the test runtime breaks the DPE', () => {
    const client = standIn(RUNTIME, 'test-runtime');
    const before = ask(client, 0xa000_0000);
    ask(client, 0xd000_0001, new Uint8Array(48).fill(0xa5));
    expect(ask(client, 0x6000_0000)).toEqual(new Uint8Array(48).fill(0xa5));
    ask(client, 0xb000_0000, before);
    expect(ask(client, 0xa000_0000)).toEqual(before);
  });

  test('need test access, a digest and a known name', () => {
    const client = new Client();
    const fails = (standIns: unknown, testAccess = true) => client.fails('create', { standIns, testAccess });
    expect(fails([{ digest: FMC, name: 'test-fmc' }], false)).toEqual({ code: -32013, message: 'test-access' });
    expect(fails([{ digest: FMC, name: 'x' }]).message).toContain('standIns[0].name');
    expect(fails([{ digest: 'a5', name: 'test-fmc' }]).message).toContain('standIns[0].digest');
  });

  test('a host can name them for clients that do not', () => {
    const host = new Host({ provider, standIns: [{ digest: FMC, name: 'interactive-test-fmc' }] });
    expect(ask(booted(BENCH, host), 0x1000_0003)).toHaveLength(FirmwareHandoffTable.size);
    expect(booted({}, host).command('VERSION').length).toBeGreaterThan(8);
  });
});
