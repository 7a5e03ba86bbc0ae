import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Checklist, ProgramResult } from '../tools.ts';
import { runProgram } from '../tools.ts';
import type { DebianTools } from './debian.ts';
import { proofKey, socketOf, storeOf } from './main.ts';
import { DriveProcess } from './process.ts';

const MIB = 2 ** 20;
const BLOCKS = 65_536;
const PSK = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const MARK = 'ROOTCAP PLAINTEXT ';

interface Context {
  readonly tools: DebianTools;
  readonly list: Checklist;
  readonly directory: string;
  readonly uri: string;
}

/** Reports a program; what it said only if it failed. */
function passed({ list }: Context, { status, stdout, stderr }: ProgramResult, text: string): void {
  if (status !== 0) console.error(`${stdout}${stderr}`.trimEnd());
  list.check(status === 0, text);
}

function info(context: Context): void {
  const { tools, list, uri } = context;
  const said = tools.run('nbdinfo', ['--json', uri]);
  const [found] = said.status === 0 ? JSON.parse(said.stdout).exports : [{}];
  list.check(
    found['export-size'] === BLOCKS * 4096 && found.can_fua === true && found.can_multi_conn === true,
    `nbdinfo: ${found['export-size']} bytes; flush, FUA, trim, zeros, several connections: ` +
      [found.can_flush, found.can_fua, found.can_trim, found.can_zero, found.can_multi_conn].join(' '),
  );
}

function map(context: Context, text: string, expected: (extents: { type: number; length: number }[]) => boolean): void {
  const said = context.tools.run('nbdinfo', ['--map', '--json', context.uri]);
  context.list.check(said.status === 0 && expected(JSON.parse(said.stdout)), `nbdinfo --map: ${text}`);
}

/** Commands of qemu-io, one after the other. `-P` of a read compares. */
function qemuIo(context: Context, text: string, commands: readonly string[]): void {
  const args = ['-f', 'raw', ...commands.flatMap((command) => ['-c', command]), context.uri];
  const result = context.tools.run('qemu-io', args);
  const failed = /fail|error/i.test(result.stdout + result.stderr) ? 1 : result.status;
  passed(context, { ...result, status: failed }, `qemu-io: ${text}`);
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

function copies(context: Context): void {
  const { tools, list, directory, uri } = context;
  const [source, back] = [join(directory, 'source'), join(directory, 'back')];
  writeFileSync(source, Buffer.concat([Buffer.alloc(48 * MIB, MARK), Buffer.alloc(BLOCKS * 4096 - 48 * MIB)]));
  passed(context, tools.run('nbdcopy', ['--flush', source, uri]), 'nbdcopy: a file into the drive');
  writeFileSync(back, '');
  passed(context, tools.run('nbdcopy', [uri, back]), 'nbdcopy: the drive into a file');
  list.check(sha256(source) === sha256(back), 'nbdcopy: both files have the same SHA-256');
  passed(context, tools.run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', source, uri]), 'qemu-img compare');
}

function fioVerify(context: Context): void {
  for (const [rw, size] of [
    ['randwrite', '4k'],
    ['randrw', '512-64k'],
    ['write', '128k'],
  ] as const) {
    const args = [
      '--name=verify',
      '--ioengine=nbd',
      `--uri=${context.uri}`,
      `--rw=${rw}`,
      '--iodepth=16',
      '--size=32m',
    ];
    const block = size.includes('-') ? [`--bsrange=${size}`, '--blockalign=512'] : [`--bs=${size}`];
    const verify = ['--verify=crc32c', '--verify_fatal=1', '--fsync=64', '--minimal'];
    passed(context, context.tools.run('fio', [...args, ...block, ...verify]), `fio --verify=crc32c: ${rw} ${size}`);
  }
}

async function locking(context: Context, drive: DriveProcess): Promise<void> {
  const read = (): ProgramResult => context.tools.run('qemu-io', ['-f', 'raw', '-c', 'read 0 4k', context.uri]);
  await drive.setLocked(true);
  const locked = read();
  context.list.check(/not permitted/.test(locked.stdout + locked.stderr), 'qemu-io: a locked range is EPERM');
  await drive.setLocked(false);
  passed(context, read(), 'qemu-io: unlocked, the range is read');
}

function scan({ list, directory }: Context): void {
  const key = proofKey();
  const names = readdirSync(storeOf(directory));
  const bad = names.filter((name) => {
    const bytes = readFileSync(join(storeOf(directory), name));
    return [MARK, key, key.subarray(0, 32), key.subarray(32)].some((secret) => bytes.includes(secret));
  });
  list.check(bad.length === 0, `${names.join(', ')}: neither plain text nor media key inside`);
}

/** A CA, and certificates of server and client, in the files that libnbd and qemu look for. */
function certificates(directory: string): boolean {
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const file = (name: string): string => join(directory, name);
  writeFileSync(file('names'), 'subjectAltName=DNS:localhost');
  const ca = [
    'req',
    '-x509',
    ...ec,
    '-days',
    '2',
    '-subj',
    '/CN=ca',
    '-keyout',
    file('ca-key.pem'),
    '-out',
    file('ca-cert.pem'),
  ];
  const leaves = ['server', 'client'].flatMap((name) => [
    ['req', ...ec, '-subj', '/CN=localhost', '-keyout', file(`${name}-key.pem`), '-out', file(`${name}.csr`)],
    [
      'x509',
      '-req',
      '-days',
      '2',
      '-in',
      file(`${name}.csr`),
      '-CA',
      file('ca-cert.pem'),
      '-CAkey',
      file('ca-key.pem'),
      '-CAcreateserial',
      '-extfile',
      file('names'),
      '-out',
      file(`${name}-cert.pem`),
    ],
  ]);
  return [ca, ...leaves].every((args) => runProgram('openssl', args).status === 0);
}

async function tls(context: Context): Promise<void> {
  const { tools, list, directory } = context;
  const socket = socketOf(directory);
  const withPsk = await DriveProcess.start({ directory, blocks: BLOCKS, tls: { psk: PSK } });
  const keys = join(directory, 'keys.psk');
  writeFileSync(keys, `alice:${PSK}\n`);
  const secured = `nbds+unix://alice@/?socket=${socket}&tls-psk-file=${keys}`;
  passed(context, tools.run('nbdinfo', [secured]), 'nbdinfo: TLS with the pre-shared key');
  writeFileSync(keys, `alice:${PSK.replace('0', 'f')}\n`);
  list.check(tools.run('nbdinfo', [secured]).status !== 0, 'nbdinfo: refused with another key');
  list.check(tools.run('nbdinfo', [context.uri]).status !== 0, 'nbdinfo: refused without TLS');
  await withPsk.kill();
  if (!certificates(directory)) return list.check(false, 'openssl: a CA and two certificates');
  const pem = (name: string): string => readFileSync(join(directory, `${name}.pem`), 'utf8');
  const options = { cert: pem('server-cert'), key: pem('server-key'), ca: pem('ca-cert') };
  const withCertificates = await DriveProcess.start({ directory, blocks: BLOCKS, tls: options });
  const uri = `nbds+unix://localhost/?socket=${socket}&tls-certificates=${directory}`;
  passed(context, tools.run('nbdinfo', [uri]), 'nbdinfo: TLS with certificates of both sides');
  const credentials = `tls-creds-x509,id=tls,endpoint=client,dir=${directory},verify-peer=on`;
  const image = `driver=nbd,server.type=unix,server.path=${socket},export=ns1,tls-creds=tls,tls-hostname=localhost`;
  const commands = ['-c', 'write -P 7 1M 1M', '-c', 'read -P 7 1M 1M'];
  const args = ['--object', credentials, ...commands, '--image-opts', image];
  passed(context, tools.run('qemu-io', args), 'qemu-io: patterns over TLS with certificates');
  await withCertificates.kill();
}

/** Real block clients on a drive in a process of its own. */
export async function runClients(tools: DebianTools, list: Checklist): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'rootcap-clients-'));
  mkdirSync(storeOf(directory), { recursive: true });
  const context: Context = { tools, list, directory, uri: `nbd+unix:///?socket=${socketOf(directory)}` };
  const drive = await DriveProcess.start({ directory, blocks: BLOCKS });
  try {
    info(context);
    map(context, 'one hole', (extents) => extents.length === 1 && extents[0]?.type === 3);
    qemuIo(context, 'patterns, odd sizes and offsets, zeros, trim, FUA, flush', [
      'write -P 0xa5 0 1M',
      'write -P 0x5a 1000 3000',
      'read -P 0xa5 0 1000',
      'read -P 0x5a 1000 3000',
      'read -P 0xa5 4000 100k',
      'write -z 64k 64k',
      'read -P 0 64k 64k',
      'write -z -u 256k 64k',
      'read -P 0 256k 64k',
      'discard 512k 64k',
      'read -P 0 512k 64k',
      'write -f -P 0x33 2M 5000',
      'aio_write -P 0x44 3M 1M',
      'aio_write -P 0x55 4M 1M',
      'aio_flush',
      'read -P 0x44 3M 1M',
      'read -P 0x55 4M 1M',
      'read -P 0x33 2M 5000',
      'flush',
    ]);
    map(context, 'holes where zeros and trims were', (extents) => extents.length > 4);
    copies(context);
    fioVerify(context);
    await locking(context, drive);
    scan(context);
    await drive.kill();
    await tls(context);
  } finally {
    await drive.kill();
    rmSync(directory, { recursive: true });
  }
}
