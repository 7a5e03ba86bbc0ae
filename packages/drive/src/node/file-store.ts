import {
  closeSync,
  fsync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MediumError, type MediumStore } from '@rootcap/drive';
import { FileMedium, mediumError } from './file-medium.ts';

const LOCK = 'lock';

/**
 * A directory whose files are media. It belongs to one process at a time; the lock of a process that is gone does not
 * count.
 */
export class FileStore implements MediumStore {
  readonly directory: string;
  readonly #fd: number;

  /** Makes the directory if there is none. @throws MediumError IN_USE if another process has it */
  constructor(directory: string) {
    this.directory = directory;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      lock(join(directory, LOCK));
      this.#fd = openSync(directory, 'r');
    } catch (error) {
      throw error instanceof MediumError ? error : mediumError(directory, error);
    }
  }

  get names(): readonly string[] {
    return this.#attempt(() => readdirSync(this.directory).filter((name) => name !== LOCK));
  }

  open(name: string): FileMedium {
    return new FileMedium(this.#path(name));
  }

  rename(from: string, to: string): void {
    this.#attempt(() => renameSync(this.#path(from), this.#path(to)));
  }

  remove(name: string): void {
    this.#attempt(() => rmSync(this.#path(name)));
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      fsync(this.#fd, (error) => (error === null ? resolve() : reject(mediumError(this.directory, error))));
    });
  }

  /** Gives the directory up. Its media are closed one by one. */
  close(): void {
    this.#attempt(() => {
      closeSync(this.#fd);
      rmSync(join(this.directory, LOCK), { force: true });
    });
  }

  #path(name: string): string {
    if (!/^[\w.-]+$/.test(name) || name === LOCK || /^\.+$/.test(name))
      throw new MediumError('IO', `${name} is no name of a medium`);
    return join(this.directory, name);
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof MediumError ? error : mediumError(this.directory, error);
    }
  }
}

function lock(path: string): void {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 });
    return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number(readFileSync(path, 'utf8'));
  if (holder !== process.pid && isAlive(holder))
    throw new MediumError('IN_USE', `${path}: process ${holder} has this drive`);
  if (holder === process.pid) throw new MediumError('IN_USE', `${path}: this process has this drive already`);
  rmSync(path, { force: true });
  lock(path);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
