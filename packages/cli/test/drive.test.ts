import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DriveStatus, NbdClient } from '@rootcap/drive';
import { connectNbd } from '@rootcap/drive/node';
import { file, type Ran, rootcap, temporaryDirectory } from './helpers.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const cwd = temporaryDirectory();
const env = { ROOTCAP_KMS_PASSPHRASE: 'correct horse battery staple' };
const OBJECT = '0000080100000001';
const BINDING = `drive-1/tenant-a/${OBJECT}`;
const WITH_KEY = ['--kms', 'unix:kms.sock', '--binding', BINDING];
const NOTE = 'only for tenant a, and nowhere in the clear';

interface Served {
  readonly child: ChildProcess;
  readonly ready: Readonly<Record<string, unknown>>;
  readonly ended: Promise<number | null>;
}

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A process that says in one line of JSON that it is ready. */
async function serve(...argv: string[]): Promise<Served> {
  const child = spawn(process.execPath, [main, ...argv, '--json'], { cwd, env: { ...process.env, ...env } });
  children.push(child);
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = await Promise.race([
    new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
    ended.then((code) => Promise.reject(new Error(`${argv.join(' ')}: exit code ${code}: ${said}`))),
  ]);
  return { child, ready: JSON.parse(line) as Served['ready'], ended };
}

const serveDrive = (): Promise<Served> => serve('drive', 'serve', 'disk', '--nbd', 'unix:disk.sock');

const drive = (...argv: string[]): Promise<Ran> => rootcap(['drive', ...argv], { cwd, env });

/** A command that is done. @returns how the drive then is */
async function done(...argv: string[]): Promise<DriveStatus> {
  const ran = await drive(...argv, '--json');
  expect([argv, ran]).toEqual([argv, { code: 0, out: expect.any(String), err: '' }]);
  return JSON.parse(ran.out) as DriveStatus;
}

async function kms(...argv: string[]): Promise<void> {
  expect([argv, await rootcap(['kms', ...argv], { cwd, env })]).toEqual([argv, expect.objectContaining({ code: 0 })]);
}

const rangesOf = ({ ranges }: DriveStatus) =>
  ranges.map(({ name, locked, erased }) => `${name} ${erased ? 'erased' : locked ? 'locked' : 'unlocked'}`);

/** What block clients see of a namespace. */
async function onBlocks<T>(name: string, use: (client: NbdClient) => Promise<T>): Promise<T> {
  const client = await connectNbd({ path: join(cwd, 'disk.sock') }, { exportName: name });
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

const write = (name: string): Promise<void> =>
  onBlocks(name, (client) => client.write(8192, new TextEncoder().encode(NOTE), { fua: true }));
const read = (name: string): Promise<string> =>
  onBlocks(name, async (client) => new TextDecoder().decode(await client.read(8192, NOTE.length)));

let disk: Served;
let service: Served;

beforeAll(async () => {
  const made = await done('create', 'disk', '--namespace', 'system=1M', 'data=4M', '--root-out', 'root.pem');
  expect(made).toMatchObject({ powered: true, hek: { available: true, slot: 0, erasuresLeft: 8 }, epoch: 0 });
  disk = await serveDrive();
  expect(disk.ready).toEqual({ ready: true, nbd: expect.stringContaining(join(cwd, 'disk.sock')) });
  expect(await drive('attest', 'disk', '--out', 'evidence.pem')).toEqual({ code: 0, out: '', err: '' });
  await kms('init', 'keys', '--root', 'root.pem');
  await kms('enrol', 'keys', '--chain', 'evidence.pem', '--name', 'drive-1');
  await kms('bind', 'keys', '--device', 'drive-1', '--party', 'tenant-a', '--object', OBJECT);
  service = await serve('kms', 'serve', 'keys', '--at', 'unix:kms.sock');
});

describe('rootcap drive', () => {
  test('status, for people and for programs', async () => {
    const { code, out } = await drive('status', 'disk');
    expect([code, out]).toEqual([0, expect.stringContaining('1: 0-255   unlocked  the drive')]);
    expect(rangesOf(await done('status', 'disk'))).toEqual(['system unlocked', 'data unlocked']);
  });

  test('a party protects a range: after power-on only its access key unlocks it', async () => {
    expect((await done('bind', 'disk', ...WITH_KEY)).parties).toEqual([{ uid: OBJECT, enabled: true }]);
    const made = await done('protect', 'disk', 'data', '--namespace', '2', '--party', OBJECT);
    expect(made.ranges[1]).toMatchObject({ start: 0, end: 1023, locked: false, pin: false, parties: [OBJECT] });
    await write('data');
    await write('system');
    expect(rangesOf(await done('lock', 'disk', 'data'))).toEqual(['system unlocked', 'data locked']);
    await expect(read('data')).rejects.toThrow('the range is locked');

    disk.child.kill('SIGTERM');
    expect(await disk.ended).toBe(0);
    for (const socket of ['disk.sock', 'disk/control.sock']) expect(existsSync(join(cwd, socket))).toBe(false);
    disk = await serveDrive();
    expect(await read('system')).toBe(NOTE);

    const argv = ['drive', 'unlock', 'disk', 'data', '--json'];
    const refused = spawnSync(process.execPath, [main, ...argv], { cwd, encoding: 'utf8' });
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(/^error: ACCESS_DENIED: range data/)]);
    expect(JSON.parse(refused.stdout)).toEqual({
      error: {
        kind: 'DriveControlError',
        message: `range data (not enabled: ${OBJECT}): RUNTIME_DRIVER_AES_INVALID_TAG`,
        code: 'ACCESS_DENIED',
      },
    });
    await expect(read('data')).rejects.toThrow('the range is locked');

    expect(rangesOf(await done('unlock', 'disk', 'data', ...WITH_KEY))).toEqual(['system unlocked', 'data unlocked']);
    expect(await read('data')).toBe(NOTE);
  });

  test('after a rotation the range unlocks with the new access key', async () => {
    await done('rotate', 'disk', ...WITH_KEY);
    await done('lock', 'disk', 'data');
    await done('unlock', 'disk', 'data', ...WITH_KEY);
    expect(await read('data')).toBe(NOTE);
  });

  test('a PIN, of a file or of the environment, and nowhere in the files', async () => {
    file(cwd, 'pin.txt', 'one two three four\nnot this\n');
    await done('protect', 'disk', 'boot', '--namespace', '1', '--end', '9', '--pin-file', 'pin.txt');
    await done('lock', 'disk', 'boot');
    const wrong = { cwd, env: { ROOTCAP_DRIVE_PIN: '0000' } };
    expect(await rootcap(['drive', 'unlock', 'disk', 'boot'], wrong)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: ACCESS_DENIED: .*wrong PIN\n$/),
    });
    const right = { cwd, env: { ROOTCAP_DRIVE_PIN: 'one two three four' } };
    expect(await rootcap(['drive', 'unlock', 'disk', 'boot'], right)).toMatchObject({ code: 0 });
    for (const name of readdirSync(join(cwd, 'disk')).filter((each) => each !== 'control.sock'))
      for (const secret of ['one two three four', NOTE])
        expect([name, readFileSync(join(cwd, 'disk', name)).includes(secret)]).toEqual([name, false]);
  });

  test.each([
    [['bind', ...WITH_KEY], 1, 'EXISTS', 'party'],
    [['bind', '--kms', 'unix:kms.sock', '--binding', 'a/b/c'], 1, 'unknown-binding', ''],
    [['bind', '--kms', 'unix:none.sock', '--binding', BINDING], 1, 'unreachable', 'none.sock'],
    [['unlock', 'nothing'], 1, 'UNKNOWN', 'range nothing'],
    [['protect', 'x', '--namespace', '7'], 1, 'UNKNOWN', 'namespace 7'],
    [['protect', 'x', '--namespace', '2', '--party', '00'], 1, 'UNKNOWN', 'party 00'],
    [['protect', 'x', '--namespace', '2', '--start', '5', '--end', '6'], 1, 'OUT_OF_BOUNDS', 'range data'],
    [['protect', 'x', '--namespace', '2', '--end', '9999'], 1, 'OUT_OF_BOUNDS', '0..1023'],
    [['protect', 'a/b', '--namespace', '2'], 2, 'INVALID', 'name'],
    [['erase', '--party', 'ff'], 1, 'UNKNOWN', 'party ff'],
    [['attest', '--kem', '7'], 2, 'INVALID', 'kemId'],
  ] as [string[], number, string, string][])('%j on it', async ([verb = '', ...rest], exit, code, about) => {
    const ran = await drive(verb, 'disk', ...rest, '--json');
    expect([ran.code, ran.err]).toEqual([exit, expect.stringContaining(about)]);
    expect(JSON.parse(ran.out)).toMatchObject({ error: { code } });
    expect(ran.err.startsWith(`error: ${code}: `)).toBe(true);
  });

  test('a second process does not get the drive', async () => {
    expect(await drive('serve', 'disk')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: IN_USE: .*this drive\n$/),
    });
  });

  test('erasures: of a range, soft, hard', async () => {
    expect(rangesOf(await done('erase', 'disk', '--range', 'data'))).toContain('data erased');
    await done('unlock', 'disk', 'data');
    expect(await read('data')).not.toBe(NOTE);

    const soft = await done('erase', 'disk', '--soft');
    expect([soft.epoch, soft.parties, soft.hek.slot, rangesOf(soft)]).toEqual([
      1,
      [],
      0,
      ['data erased', 'boot erased'],
    ]);
    expect(await drive('unlock', 'disk', 'data', ...WITH_KEY)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: UNKNOWN: party 0000080100000001/),
    });

    const hard = await done('erase', 'disk', '--hard');
    expect(hard.hek).toEqual({ available: true, slot: 1, slots: 8, erasuresLeft: 7, permaHek: false });
  });

  test('SIGTERM ends both services in order, and the drive keeps what it is', async () => {
    for (const { child, ended } of [disk, service]) {
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    }
    expect(await drive('status', 'disk', '--json')).toMatchObject({
      code: 1,
      out: expect.stringContaining('"code": "unreachable"'),
      err: expect.stringMatching(/^error: unreachable: .*no drive answers/),
    });
    expect(await drive('create', 'disk', '--namespace', 'data=1M')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: EXISTS: /),
    });
    expect(await drive('serve', 'nowhere')).toMatchObject({ code: 1, err: expect.stringMatching(/^error: UNKNOWN: /) });
    expect(existsSync(join(cwd, 'nowhere'))).toBe(false);
    disk = await serveDrive();
    expect((await done('status', 'disk')).hek.slot).toBe(1);
    disk.child.kill('SIGTERM');
    expect(await disk.ended).toBe(0);
  });
});
