import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { bytesToHex } from '@rootcap/crypto';
import picocolors from 'picocolors';
import { UsageError } from './errors.ts';
import type { Io, Output } from './io.ts';

type Colors = ReturnType<typeof picocolors.createColors>;

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

/** NO_COLOR wins over FORCE_COLOR, and both over whether a terminal reads it. https://no-color.org */
function colorsFor({ env }: Io, output: Output): Colors {
  const asked = isSet(env.FORCE_COLOR) && env.FORCE_COLOR !== '0';
  const wanted = !isSet(env.NO_COLOR) && (asked || (output.isTTY === true && env.TERM !== 'dumb'));
  return picocolors.createColors(wanted);
}

/** How a command speaks, reads and writes. */
export class Terminal {
  readonly io: Io;
  /** Colours of data. */
  readonly paint: Colors;
  /** Colours of talk. */
  readonly paintTalk: Colors;
  /** 0, or 1 once something was refused. */
  exitCode = 0;
  /** Whether the running command prints one JSON object. */
  asJson = false;

  constructor(io: Io) {
    this.io = io;
    this.paint = colorsFor(io, io.stdout);
    this.paintTalk = colorsFor(io, io.stderr);
  }

  /** A line of data. */
  print(line = ''): void {
    this.io.stdout.write(`${line}\n`);
  }

  /** The only thing on stdout; bytes become hexadecimal. */
  printJson(value: unknown): void {
    this.io.stdout.write(`${JSON.stringify(value, (_, inner) => plain(inner), 2)}\n`);
  }

  /** A line about the data. */
  talk(line: string): void {
    this.io.stderr.write(`${line}\n`);
  }

  fail(): void {
    this.exitCode = 1;
  }

  /** @param argument - named if the file cannot be read. @throws UsageError */
  read(path: string, argument: string): Uint8Array {
    try {
      return path === '-' ? this.io.stdin() : new Uint8Array(readFileSync(resolve(this.io.cwd, path)));
    } catch (cause) {
      throw new UsageError(`${argument}: cannot read ${path}: ${reasonOf(cause)}`, { cause });
    }
  }

  /** Writes a file, its directory included. @throws UsageError */
  write(path: string, data: Uint8Array | string, argument: string): void {
    const full = resolve(this.io.cwd, path);
    try {
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, data);
    } catch (cause) {
      throw new UsageError(`${argument}: cannot write ${path}: ${reasonOf(cause)}`, { cause });
    }
  }
}

/** JSON knows no bytes. `JSON.stringify` has already turned a Buffer into an object, so none may come here. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return bytesToHex(value);
  return typeof value === 'bigint' ? value.toString() : value;
}

const FILE_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  EACCES: 'permission denied',
};

function reasonOf(cause: unknown): string {
  const { code = '', message } = cause as { readonly code?: string; readonly message?: string };
  return FILE_ERRORS[code] ?? message ?? String(cause);
}
