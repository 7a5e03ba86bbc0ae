import { spawnSync } from 'node:child_process';
import { closeSync, constants, fdatasync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { type Medium, MediumError } from '@rootcap/drive';

/** Zeros that are written, and pieces that are looked at, where a range cannot be given back to the file system. */
const PIECE = 262_144;
const ZEROS = Buffer.alloc(PIECE);
/** From here on a program that punches a hole is quicker than zeros. */
const PUNCH = 16 * 2 ** 20;

/** Opens or creates, and never empties. */
const FLAGS = constants.O_RDWR | constants.O_CREAT;

/** Node cannot punch holes; util-linux can. @returns false if there is no such program or file system */
function punchHole(path: string, offset: number, length: number): boolean {
  const args = ['--punch-hole', '--offset', String(offset), '--length', String(length), '--', path];
  return spawnSync('fallocate', args, { stdio: 'ignore' }).status === 0;
}

/** A trouble of the system as one of the medium. */
export function mediumError(path: string, error: unknown): MediumError {
  const { code, message } = error as NodeJS.ErrnoException;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new MediumError(full ? 'NO_SPACE' : 'IO', `${path}: ${message}`, { cause: error });
}

/**
 * A sparse file. Flushes that wait at the same time share one `fdatasync`. After one that failed nothing more is
 * written: the system may have dropped what it could not write, and says so only once.
 */
export class FileMedium implements Medium {
  readonly path: string;
  #fd: number | undefined;
  #end: number;
  #dirty = false;
  #failure: MediumError | undefined;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @throws MediumError */
  constructor(path: string) {
    this.path = path;
    this.#fd = this.#attempt(() => openSync(path, FLAGS, 0o600));
    this.#end = this.#attempt(() => fstatSync(this.#open()).size);
  }

  get end(): number {
    return this.#end;
  }

  read(offset: number, into: Uint8Array): void {
    const fd = this.#open();
    let done = 0;
    while (done < into.length && offset + done < this.#end) {
      const count = this.#attempt(() => readSync(fd, into, done, into.length - done, offset + done));
      if (count === 0) break;
      done += count;
    }
    if (done < into.length) into.fill(0, done);
  }

  write(offset: number, data: Uint8Array): void {
    const fd = this.#open();
    if (this.#failure !== undefined) throw this.#failure;
    this.#dirty = true;
    for (let done = 0; done < data.length; )
      done += this.#attempt(() => writeSync(fd, data, done, data.length - done, offset + done));
    if (offset + data.length > this.#end) this.#end = offset + data.length;
  }

  discard(offset: number, length: number): void {
    const fd = this.#open();
    if (this.#failure !== undefined) throw this.#failure;
    if (offset >= this.#end) return;
    this.#dirty = true;
    if (offset + length >= this.#end) {
      this.#attempt(() => ftruncateSync(fd, offset));
      this.#end = offset;
      return;
    }
    if (length >= PUNCH && punchHole(this.path, offset, length)) return;
    const found = Buffer.allocUnsafe(Math.min(PIECE, length));
    for (let done = 0; done < length; done += PIECE) {
      const size = Math.min(PIECE, length - done);
      this.read(offset + done, found.subarray(0, size));
      // A hole stays one.
      if (!found.subarray(0, size).equals(ZEROS.subarray(0, size))) this.write(offset + done, ZEROS.subarray(0, size));
    }
  }

  flush(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#fd === undefined) return Promise.reject(new MediumError('CLOSED', `${this.path} is closed`));
    if (this.#running === undefined) return this.#dirty ? this.#sync(this.#fd) : Promise.resolve();
    if (!this.#dirty) return this.#running;
    // What was written since the running one began needs another, for all who wait.
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return this.flush();
    });
    return this.#next;
  }

  close(): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    if (this.#running === undefined) closeSync(fd);
    else this.#running.finally(() => closeSync(fd)).catch(() => undefined);
  }

  #sync(fd: number): Promise<void> {
    this.#dirty = false;
    const running = new Promise<void>((resolve, reject) => {
      fdatasync(fd, (error) => {
        this.#running = undefined;
        if (error === null) return resolve();
        this.#failure = mediumError(this.path, error);
        reject(this.#failure);
      });
    });
    this.#running = running;
    return running;
  }

  #open(): number {
    if (this.#fd === undefined) throw new MediumError('CLOSED', `${this.path} is closed`);
    return this.#fd;
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof MediumError ? error : mediumError(this.path, error);
    }
  }
}
