import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RpcServer, serve } from '@rootcap/device-rpc/node';
import { demoBundle, demoFuses } from 'rootcap';
import { WebSocket } from 'ws';
import { provider } from './helpers.ts';

const EXAMPLES = fileURLToPath(new URL('../../../docs/examples/device-rpc', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'rootcap-examples-'));
let server: RpcServer;

beforeAll(async () => {
  cpSync(EXAMPLES, directory, { recursive: true });
  server = await serve([`unix:${join(directory, 'chip.sock')}`, 'tcp:127.0.0.1:0', 'ws:127.0.0.1:0'], { provider });
});

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Runs a program while this process serves it. */
function run(command: string, args: readonly string[], endpoint: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: directory, env: { ...process.env, ROOTCAP_RPC: endpoint } });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(text) : reject(new Error(`${command}: ${code}\n${text}`))));
  });
}

/** Says what is left out where a tool is missing. */
function hasTool(tool: string, question = '--version'): boolean {
  const found = spawnSync(tool, [question]).status === 0;
  if (!found) process.stderr.write(`left out: the example that needs ${tool}, which is not on this machine\n`);
  return found;
}

const C_OPTIONS = ['-std=c11', '-D_POSIX_C_SOURCE=200809L', '-Wall', '-Wextra', '-Wpedantic', '-Werror', '-O1'];
const EXPECTED = /^ready after \d{7} cycles\nCaliptra RTM\n.*-32010.*LoadAccessFault/;

describe('docs/examples/device-rpc', () => {
  const endpoints = () => server.endpoints.slice(0, 2);

  (hasTool('gcc') ? test : test.skip)('C', async () => {
    await run('gcc', [...C_OPTIONS, '-o', 'example-c', 'example.c', 'rootcap_chip.c'], '');
    for (const endpoint of endpoints()) expect(await run('./example-c', [], endpoint)).toMatch(EXPECTED);
  });

  (hasTool('gcc') && hasTool('openssl', 'version') ? test : test.skip)(
    'C: OpenSSL verifies a DPE leaf up to the IDevID',
    async () => {
      const { vendorPkHash, ownerPkHash } = demoFuses(provider);
      writeFileSync(join(directory, 'bundle.bin'), demoBundle(provider));
      await run('gcc', [...C_OPTIONS, '-o', 'chain-c', 'chain.c', 'rootcap_chip.c'], '');
      const hashes = [vendorPkHash, ownerPkHash].map((hash) => Buffer.from(hash ?? []).toString('hex'));
      const files = await run('./chain-c', ['bundle.bin', ...hashes], endpoints()[0] as string);
      expect(files).toMatch(/^idevid\.csr.*\nldevid\.der.*\nfmc\.der.*\nrt\.der.*\nleaf\.der: \d{4} bytes\n$/);
      const openssl = (text: string): Promise<string> => run('openssl', text.split(' '), '');
      // The vendor: a root of its own, and the certificate that answers the device's request.
      await openssl('ecparam -name secp384r1 -genkey -noout -out ca.key');
      await openssl('req -x509 -new -key ca.key -sha384 -subj /CN=vendor -days 3650 -out ca.pem');
      writeFileSync(join(directory, 'ca.ext'), 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n');
      const issue = '-CAkey ca.key -sha384 -days 3650 -extfile ca.ext -set_serial 1 -out idevid.pem';
      await openssl(`x509 -req -inform DER -in idevid.csr -CA ca.pem ${issue}`);
      for (const name of ['ldevid', 'fmc', 'rt', 'leaf'])
        await openssl(`x509 -inform DER -in ${name}.der -out ${name}.pem`);
      const untrusted = ['idevid', 'ldevid', 'fmc', 'rt'].map((name) => `-untrusted ${name}.pem`).join(' ');
      // TcbInfo extensions of DICE are critical, and OpenSSL does not know them.
      const verify = `verify -ignore_critical -CAfile ca.pem ${untrusted}`;
      expect(await openssl(`${verify} leaf.pem`)).toBe('leaf.pem: OK\n');
      await expect(openssl(`${verify.replace('-untrusted fmc.pem ', '')} leaf.pem`)).rejects.toThrow(/unable to get/);
    },
  );

  (hasTool('python3') ? test : test.skip)('Python', async () => {
    for (const endpoint of endpoints()) expect(await run('python3', ['example.py'], endpoint)).toMatch(EXPECTED);
  });

  (hasTool('rustc') ? test : test.skip)(
    'Rust',
    async () => {
      await run('rustc', ['--edition', '2021', '-D', 'warnings', '-o', 'example-rust', 'example.rs'], '');
      for (const endpoint of endpoints()) expect(await run('./example-rust', [], endpoint)).toMatch(EXPECTED);
    },
    60_000,
  );

  test('TypeScript', async () => {
    const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--rewriteRelativeImportExtensions'];
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
    await run(process.execPath, [tsc, ...options, '--types', '', '--outDir', 'js', 'example.ts'], '');
    const { example } = await import(pathToFileURL(join(directory, 'js', 'example.js')).href);
    const socket = new WebSocket((server.endpoints[2] as string).replace('ws:', 'ws://'));
    await new Promise((resolve) => socket.once('open', resolve));
    const lines: string[] = [];
    await example(socket, (line: string) => lines.push(line));
    expect(lines.join('\n')).toMatch(EXPECTED);
  });
});
