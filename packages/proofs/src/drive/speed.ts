import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DebianTools } from './debian.ts';
import { socketOf, storeOf } from './main.ts';
import { DriveProcess } from './process.ts';

const MIB = 512;
const BLOCKS = MIB * 256;

/** What fio does. */
const COLUMNS = [
  { name: '4 KiB random read, IOPS', rw: 'randread', bs: '4k', unit: 'iops' },
  { name: '4 KiB random write, IOPS', rw: 'randwrite', bs: '4k', unit: 'iops' },
  { name: '128 KiB read, MB/s', rw: 'read', bs: '128k', unit: 'bytes' },
  { name: '128 KiB write, MB/s', rw: 'write', bs: '128k', unit: 'bytes' },
] as const;

export const SPEED_COLUMNS: readonly string[] = COLUMNS.map(({ name }) => name);

export interface SpeedRow {
  readonly server: string;
  /** The best of all rounds, in the order of {@link SPEED_COLUMNS}. */
  readonly values: readonly number[];
}

interface Target {
  readonly name: string;
  readonly uri: string;
  close(): Promise<void>;
}

const unixUri = (socket: string): string => `nbd+unix:///?socket=${socket}`;

async function waitFor(path: string): Promise<void> {
  for (let tries = 0; !existsSync(path); tries++) {
    if (tries > 200) throw new Error(`${path} does not appear`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function nbdkit(tools: DebianTools, name: string, socket: string, args: readonly string[]): Promise<Target> {
  const child: ChildProcess = spawn('/usr/bin/env', ['nbdkit', '--foreground', '--unix', socket, ...args], {
    env: tools.environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await waitFor(socket);
  const close = async (): Promise<void> => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await gone;
  };
  return { name, uri: unixUri(socket), close };
}

async function luks(tools: DebianTools, directory: string): Promise<Target> {
  const image = join(directory, 'luks.img');
  const secret = join(directory, 'passphrase');
  writeFileSync(secret, 'secret');
  const options = 'key-secret=s,iter-time=10,cipher-alg=aes-256,cipher-mode=xts,ivgen-alg=plain64';
  const create = [
    'create',
    '-q',
    '-f',
    'luks',
    '--object',
    `secret,id=s,file=${secret}`,
    '-o',
    options,
    image,
    `${MIB}M`,
  ];
  // It measures its key derivation, and gives up on a machine that is busy.
  for (let tries = 0; tools.run('qemu-img', create).status !== 0; tries++)
    if (tries > 20) throw new Error('qemu-img cannot make a LUKS image');
  const filter = `--filter=${tools.nbdkitModule('filter', 'luks')}`;
  const args = [filter, tools.nbdkitModule('plugin', 'file'), image, 'passphrase=secret'];
  return nbdkit(tools, 'nbdkit, luks filter on a file', join(directory, 'luks.sock'), args);
}

async function rootcap(directory: string): Promise<Target> {
  mkdirSync(storeOf(directory), { recursive: true });
  const drive = await DriveProcess.start({ directory, blocks: BLOCKS });
  return { name: 'Rootcap drive', uri: unixUri(socketOf(directory)), close: () => drive.kill() };
}

function fio(tools: DebianTools, uri: string, args: readonly string[]): { iops: number; bytes: number } {
  const common = ['--name=x', '--ioengine=nbd', `--uri=${uri}`, `--size=${MIB}m`, '--output-format=json'];
  const { stdout, stderr, status } = tools.run('fio', [...common, ...args]);
  if (status !== 0) throw new Error(`fio: ${stderr}`);
  const [job] = JSON.parse(stdout.slice(stdout.indexOf('{'))).jobs;
  const { iops, bw_bytes: bytes } = job.read.total_ios > 0 ? job.read : job.write;
  return { iops, bytes };
}

/**
 * fio on the drive, and on nbdkit with its memory plugin and its LUKS filter, over Unix sockets. The servers take turns
 * in each column, so that what else the machine does meets all of them; the best of the rounds counts.
 */
export async function measureSpeed(tools: DebianTools, seconds: number, rounds: number): Promise<SpeedRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'rootcap-speed-'));
  const targets: Target[] = [];
  try {
    targets.push(await rootcap(directory));
    const memory = [tools.nbdkitModule('plugin', 'memory'), `${MIB}M`];
    targets.push(await nbdkit(tools, 'nbdkit, memory (no encryption)', join(directory, 'memory.sock'), memory));
    targets.push(await luks(tools, directory));
    for (const { uri } of targets) fio(tools, uri, ['--rw=write', '--bs=1m', '--iodepth=4']);
    const best = targets.map(() => COLUMNS.map(() => 0));
    for (let round = 0; round < rounds; round++)
      for (const [column, { rw, bs, unit }] of COLUMNS.entries())
        for (const [row, { uri }] of targets.entries()) {
          const timed = ['--time_based', `--runtime=${seconds}`, '--iodepth=16'];
          const { iops, bytes } = fio(tools, uri, [`--rw=${rw}`, `--bs=${bs}`, ...timed]);
          const values = best[row] as number[];
          values[column] = Math.max(values[column] as number, unit === 'iops' ? iops : bytes / 1e6);
        }
    return targets.map(({ name }, row) => ({ server: name, values: best[row] as number[] }));
  } finally {
    for (const target of targets) await target.close();
    rmSync(directory, { recursive: true });
  }
}
