import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BLOCK_SIZE, Journal, type NbdClient } from '@rootcap/drive';
import { connectNbd, FileStore } from '@rootcap/drive/node';
import { openProofNamespace, proofKey, socketOf, storeOf } from './main.ts';
import { DriveProcess } from './process.ts';

const BLOCKS = 1024;
/** Requests at the same time. */
const DEPTH = 8;
/** Milliseconds of load before the process is killed, at most. */
const LOAD = 120;
const MARK = 'ROOTCAP PLAINTEXT';
const ZERO = Buffer.alloc(BLOCK_SIZE);

export interface KillResult {
  readonly kills: number;
  /** Requests that were acknowledged. */
  readonly writes: number;
  readonly flushes: number;
  /** Blocks that were compared after a kill, and of these those with a flush to keep. */
  readonly compared: number;
  readonly violations: readonly string[];
}

/** Numbers below 1 that depend on the seed alone. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0_aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a_2d97);
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** What a block holds after write number `id`; 0 is a block that was cleared. */
function contentOf(id: number, lba: number): Buffer {
  return id === 0 ? ZERO : Buffer.alloc(BLOCK_SIZE, `${MARK} ${id} of ${lba}; `);
}

/** What was done to each block, oldest first, and how much of it has to be there. */
class History {
  /** Numbers of writes; the first is what was found at the start. */
  readonly #ids: number[][] = Array.from({ length: BLOCKS }, () => [0]);
  /** How many of these were acknowledged. */
  readonly #acknowledged: number[] = new Array(BLOCKS).fill(1);
  /** At least this one, or a later one, has to be found. */
  readonly #durable: number[] = new Array(BLOCKS).fill(0);
  readonly #busy = new Set<number>();

  /** Begins a write, unless another of the same blocks runs. */
  begin(id: number, lba: number, count: number): boolean {
    for (let at = lba; at < lba + count; at++) if (this.#busy.has(at)) return false;
    for (let at = lba; at < lba + count; at++) {
      this.#busy.add(at);
      this.#ids[at]?.push(id);
    }
    return true;
  }

  end(lba: number, count: number, durable: boolean): void {
    for (let at = lba; at < lba + count; at++) {
      this.#busy.delete(at);
      const last = (this.#ids[at] as number[]).length - 1;
      this.#acknowledged[at] = last + 1;
      if (durable) this.#durable[at] = last;
    }
  }

  /** @returns to be called when a flush that begins now was acknowledged */
  flushing(): () => void {
    const acknowledged = [...this.#acknowledged];
    return () => {
      for (const [lba, count] of acknowledged.entries())
        this.#durable[lba] = Math.max(this.#durable[lba] as number, count - 1);
    };
  }

  /** Compares a block, and starts anew from it. @returns what is wrong */
  settle(lba: number, found: Buffer): string | undefined {
    const ids = this.#ids[lba] as number[];
    const durable = this.#durable[lba] as number;
    const index = ids.findLastIndex((id) => contentOf(id, lba).equals(found));
    this.#ids[lba] = [index < 0 ? 0 : (ids[index] as number)];
    this.#acknowledged[lba] = 1;
    this.#durable[lba] = 0;
    this.#busy.delete(lba);
    if (index >= durable) return undefined;
    const text = found.subarray(0, 40).toString('latin1');
    return `block ${lba}: write ${ids[durable]} was flushed, found ${index < 0 ? `"${text}"` : `write ${ids[index]}`}`;
  }
}

interface Load {
  readonly client: NbdClient;
  readonly history: History;
  readonly random: () => number;
  readonly next: () => number;
  readonly done: { writes: number; flushes: number };
}

/** Writes, clears and flushes until the connection breaks. */
async function work({ client, history, random, next, done }: Load): Promise<void> {
  for (;;) {
    const choice = random();
    if (choice < 0.15) {
      const flushed = history.flushing();
      await client.flush();
      flushed();
      done.flushes++;
      continue;
    }
    const count = 1 + Math.floor(random() * 12);
    const lba = Math.floor(random() * (BLOCKS - count));
    const clears = choice < 0.25;
    const id = clears ? 0 : next();
    if (!history.begin(id, lba, count)) continue;
    const [offset, size] = [lba * BLOCK_SIZE, count * BLOCK_SIZE];
    const fua = choice > 0.9;
    if (choice < 0.2) await client.trim(offset, size);
    else if (clears) await client.writeZeroes(offset, size, { noHole: choice < 0.22 });
    else {
      const parts = Array.from({ length: count }, (_, i) => contentOf(id, lba + i));
      await client.write(offset, Buffer.concat(parts), { fua });
    }
    history.end(lba, count, fua);
    done.writes++;
  }
}

/** What in these files must not be there. */
function plaintextIn(directory: string): string[] {
  const found: string[] = [];
  const key = proofKey();
  for (const name of readdirSync(directory)) {
    const bytes = readFileSync(join(directory, name));
    if (bytes.includes(MARK)) found.push(`${name} holds what was written, in plain text`);
    if (bytes.includes(key) || bytes.includes(key.subarray(0, 32)) || bytes.includes(key.subarray(32)))
      found.push(`${name} holds the media key`);
  }
  return found;
}

/**
 * Kills the process of a drive, again and again, while it is written to, and looks each time whether everything that was
 * acknowledged as flushed is there, in the namespace and in the journal, and nothing unencrypted in the files.
 */
export async function killDrives(kills: number, seed: number, onKill?: (kill: number) => void): Promise<KillResult> {
  const directory = mkdtempSync(join(tmpdir(), 'rootcap-kill-'));
  mkdirSync(storeOf(directory), { recursive: true });
  const random = randomOf(seed);
  const history = new History();
  const done = { writes: 0, flushes: 0 };
  const violations: string[] = [];
  let compared = 0;
  let id = 0;
  let counted = 0;
  try {
    for (let kill = 0; kill < kills && violations.length < 20; kill++) {
      const drive = await DriveProcess.start({ directory, blocks: BLOCKS, count: true });
      drive.onLine((line) => {
        if (line.startsWith('counted')) counted = Number(line.slice('counted'.length));
      });
      const clients = await Promise.all([1, 2].map(() => connectNbd({ path: socketOf(directory) })));
      const loads = Array.from({ length: DEPTH }, (_, i) =>
        work({ client: clients[i % 2] as NbdClient, history, random, next: () => ++id, done }).catch(() => undefined),
      );
      await new Promise((resolve) => setTimeout(resolve, random() * LOAD));
      await drive.kill();
      await Promise.all(loads);
      const { namespace, medium } = openProofNamespace(directory, BLOCKS);
      const all = Buffer.from(namespace.read(0, BLOCKS));
      for (let lba = 0; lba < BLOCKS; lba++) {
        const wrong = history.settle(lba, all.subarray(lba * BLOCK_SIZE, (lba + 1) * BLOCK_SIZE));
        compared++;
        if (wrong !== undefined) violations.push(`kill ${kill}: ${wrong}`);
      }
      medium.close();
      violations.push(...(await checkJournal(directory, counted)).map((wrong) => `kill ${kill}: ${wrong}`));
      violations.push(...plaintextIn(storeOf(directory)).map((wrong) => `kill ${kill}: ${wrong}`));
      onKill?.(kill + 1);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
  return { kills, ...done, compared, violations };
}

async function checkJournal(directory: string, counted: number): Promise<string[]> {
  const store = new FileStore(storeOf(directory));
  const journal = await Journal.open(store);
  const value = journal.get('counter');
  await journal.close();
  store.close();
  const found = value === undefined ? 0 : Buffer.from(value).readUInt32LE();
  return found >= counted ? [] : [`the journal has counted to ${found}, and told ${counted}`];
}
