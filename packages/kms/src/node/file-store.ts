import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type AuditLog, KmsError, type StateStore } from '@rootcap/kms';

/** State and log as files of one directory, for one process at a time. */
export interface FileStore {
  readonly store: StateStore;
  readonly log: AuditLog;
  /** Lets another process in. */
  close(): void;
}

/** Only the user who keeps the keys may read them, encrypted as they are. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the names in a directory durable. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function writeDurably(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  fsyncSync(file);
}

/** Writes a file beside it, and puts it in its place when it is whole and on the disk. */
function replaceFile(directory: string, name: string, text: string): void {
  const fresh = join(directory, `${name}.new`);
  const file = openSync(fresh, 'w', FILE_MODE);
  try {
    writeDurably(file, text);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, join(directory, name));
  syncDirectory(directory);
}

const LF = 0x0a;

/** What a crash left behind the last line feed goes: it was never acknowledged. */
function openLog(path: string): number {
  const file = openSync(path, 'a+', FILE_MODE);
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(LF) + 1;
  if (end < bytes.length) {
    ftruncateSync(file, end);
    fsyncSync(file);
  }
  return file;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** @throws KmsError `store-busy` */
function lock(directory: string): string {
  const path = join(directory, 'lock');
  for (let attempt = 0; ; attempt++) {
    try {
      const file = openSync(path, 'wx', FILE_MODE);
      writeDurably(file, String(process.pid));
      closeSync(file);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const pid = Number(read(path));
    // Empty: its maker is between two lines of this function, or was killed there.
    const held = Number.isInteger(pid) && pid > 0 ? isAlive(pid) : attempt === 0;
    if (held || attempt > 1) throw new KmsError('store-busy', `process ${pid || 'unknown'} has the store open`);
    rmSync(path, { force: true });
  }
}

/**
 * Opens `state` and `audit.jsonl` in a directory, and makes it if need be. Replacing the state is atomic (a new file, synced, renamed), a
 * line of the log is synced when `append` returns.
 *
 * @throws KmsError `store-busy` if another process has it open
 */
export function openFileStore(directory: string): FileStore {
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  const lockPath = lock(directory);
  const logPath = join(directory, 'audit.jsonl');
  const isNew = !existsSync(logPath);
  const file = openLog(logPath);
  if (isNew) syncDirectory(directory);
  return {
    store: {
      read: () => read(join(directory, 'state')),
      replace: (text) => replaceFile(directory, 'state', text),
    },
    log: {
      read: () => (read(logPath) ?? '').split('\n').slice(0, -1),
      append: (line) => writeDurably(file, `${line}\n`),
    },
    close() {
      closeSync(file);
      rmSync(lockPath, { force: true });
    },
  };
}
