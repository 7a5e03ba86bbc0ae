import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { seededEntropy, utf8ToBytes } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { ALL_SUPPORT, DEFAULT_HANDLE, type DpeProfile, encodeCommand, SUPPORT } from '@rootcap/dpe';
import { createDpeSimulator, SIMULATOR_PROFILES, type SimulatorProfileName } from '@rootcap/dpe/simulator';
import { hex, rootcap, temporaryDirectory } from './helpers.ts';

const main = fileURLToPath(new URL('../dist/dpe-sim-main.js', import.meta.url));
const directory = temporaryDirectory();
const ALL = Object.keys(SUPPORT).map((feature) => `--supports-${feature.toLowerCase().replaceAll('_', '-')}`);

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

interface Started {
  readonly path: string;
  /** Sends SIGTERM. @returns exit code */
  stop(): Promise<number | null>;
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
};

/** Starts the program and waits as the verification suite waits: until the path is there. */
async function start(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Started> {
  const path = join(directory, name);
  const child = spawn(process.execPath, [main, ...args, '--socket', path], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  });
  running.add(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  await until(() => existsSync(path) || child.exitCode !== null);
  return {
    path,
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

/** One command on a connection that stays open for writing. */
function ask(path: string, locality: number, command: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ path, allowHalfOpen: true }, () => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(locality);
      socket.write(Buffer.concat([head, command]));
    });
    socket.on('data', (part) => parts.push(part));
    socket.on('error', reject);
    socket.on('end', () => {
      socket.end();
      resolve(new Uint8Array(Buffer.concat(parts)));
    });
  });
}

const commandsOf = (profile: DpeProfile): Uint8Array[] => [
  encodeCommand(profile, 'GetProfile', {}),
  encodeCommand(profile, 'RotateContextHandle', { handle: DEFAULT_HANDLE, flags: 0 }),
  encodeCommand(profile, 'InitializeContext', { flags: 0x8000_0000 }),
  encodeCommand(profile, 'DestroyContext', { handle: DEFAULT_HANDLE }),
];

describe('the program', () => {
  test.each(['p256', 'p384', 'ml-dsa', 'hybrid'] as const)('answers as the library does: %s', async (name) => {
    const { path, stop } = await start(`${name}.socket`, [...ALL, '--seed', 'test'], { ROOTCAP_DPE_PROFILE: name });
    const simulator = createDpeSimulator({
      provider: nodeProvider(),
      profile: name,
      support: ALL_SUPPORT,
      entropy: seededEntropy(utf8ToBytes('test')),
    });
    for (const profile of SIMULATOR_PROFILES[name as SimulatorProfileName])
      for (const command of commandsOf(profile))
        expect(hex(await ask(path, 0, command))).toBe(hex(simulator.execute(0, command)));
    expect(await stop()).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test('a header alone answers what cannot be read; less than a locality has no answer', async () => {
    const { path, stop } = await start('bad.socket', ['--profile', 'p256']);
    expect(hex(await ask(path, 7, Uint8Array.of(1, 2, 3)))).toBe('524550440200000003000000');
    const nothing = await new Promise<number>((resolve) => {
      let received = 0;
      const socket = connect(path, () => socket.write(Uint8Array.of(1)));
      socket.on('data', (data) => {
        received += data.length;
      });
      socket.on('close', () => resolve(received));
    });
    expect(nothing).toBe(0);
    expect(await stop()).toBe(0);
  });

  test('a client that sends nothing does not keep it', async () => {
    const { path, stop } = await start('idle.socket', ['--profile', 'p256']);
    const idle = connect(path);
    await new Promise((resolve) => idle.once('connect', resolve));
    const closed = new Promise((resolve) => idle.once('close', resolve));
    idle.resume();
    expect(await stop()).toBe(0);
    await closed;
  });
});

describe('the command', () => {
  test('an unknown profile is wrong usage', async () => {
    expect(await rootcap(['dpe-sim', '--profile', 'rsa'])).toMatchObject({ code: 2, out: '' });
  });

  test('a socket that cannot be made is said', async () => {
    const long = await rootcap(['dpe-sim', '--socket', 'x'.repeat(104)], { cwd: '/' });
    expect(long).toMatchObject({ code: 2, err: expect.stringContaining('socket: path of 105 bytes') });
    const nowhere = await rootcap(['dpe-sim', '--socket', 'no/such/directory.socket'], { cwd: '/' });
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining('listen E') });
  });
});
