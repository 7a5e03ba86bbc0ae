import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';
import { rootcap, temporaryDirectory } from './helpers.ts';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const directory = temporaryDirectory();
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** The command in a process of its own, once it has said that it is ready. */
async function serving(...argv: string[]) {
  const child = spawn(process.execPath, [main, 'serve', ...argv], { cwd: directory });
  children.push(child);
  let err = '';
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const lines = createInterface({ input: child.stdout });
  const first = await new Promise<string>((resolve) => lines.once('line', resolve));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, first, ended, err: () => err };
}

/** One request to a server. */
function ask(path: string, method: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.on('error', reject);
    createInterface({ input: socket }).once('line', (line) => {
      socket.destroy();
      resolve(JSON.parse(line));
    });
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method })}\n`);
  });
}

describe('rootcap serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('serves until %s, then removes its socket', async (signal) => {
    const { child, first, ended, err } = await serving('--rpc', 'unix:a.sock', 'tcp:127.0.0.1:0', '--json');
    const { ready, endpoints } = JSON.parse(first);
    expect([ready, endpoints]).toEqual([
      true,
      [`unix:${join(directory, 'a.sock')}`, expect.stringMatching(/^tcp:127\.0\.0\.1:\d+$/)],
    ]);
    expect(await ask(join(directory, 'a.sock'), 'create')).toMatchObject({ id: 1, result: { device: 'model' } });
    child.kill(signal);
    expect([await ended, err(), existsSync(join(directory, 'a.sock'))]).toEqual([0, '', false]);
  });

  test('says where it listens', async () => {
    const { child, first, ended, err } = await serving('--rpc', 'unix:b.sock', '--max-devices', '0');
    expect(first).toBe(`unix:${join(directory, 'b.sock')}`);
    expect(await ask(join(directory, 'b.sock'), 'create')).toMatchObject({ error: { code: -32011 } });
    child.kill('SIGTERM');
    await ended;
    expect(err()).toContain('SIGTERM');
  });

  test.each([
    [[], 2, '--rpc'],
    [['--rpc', 'tcp:0.0.0.0:1'], 2, '127.0.0.1'],
    [['--rpc', 'http://localhost'], 2, 'unix:PATH'],
    [['--rpc', 'unix:c.sock', '--max-line', 'long'], 2, '--max-line'],
    [['--rpc', 'unix:c.sock', '--engine', 'riscv'], 2, '--engine'],
    [['--rpc', 'unix:nowhere/c.sock'], 1, 'nowhere'],
  ] as [string[], number, string][])('%j is refused', async (argv, code, said) => {
    const ran = await rootcap(['serve', ...argv], { cwd: directory });
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(said)]);
  });
});
