import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackDebian } from '../debian.ts';
import { findProgram, type ProgramResult, runProgram } from '../tools.ts';

/** The block clients, and the server that is compared with. */
const PACKAGES = ['fio', 'libnbd-bin', 'nbdkit', 'qemu-utils'];
const PROGRAMS = ['fio', 'nbdinfo', 'nbdcopy', 'nbdkit', 'qemu-io', 'qemu-img'];

/**
 * The programs of Debian packages without installing them: the packages are unpacked into a folder that goes when the
 * tools are closed. Needs no rights, and changes nothing of the machine. Programs that are installed are used as they are.
 */
export class DebianTools {
  readonly #root: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(root: string) {
    this.#root = root;
    const under = (...folders: string[]): string[] =>
      folders.map((folder) => join(root, folder)).filter((folder) => existsSync(folder));
    const libraries = under('lib', 'usr/lib')
      .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
      .filter((folder) => folder.endsWith('-linux-gnu'));
    const joined = (first: readonly string[], rest: string | undefined): string =>
      [...first, ...(rest === undefined ? [] : [rest])].join(':');
    this.#environment = {
      PATH: joined(under('usr/bin', 'usr/sbin'), process.env.PATH),
      LD_LIBRARY_PATH: joined(
        [...libraries, ...libraries.map((folder) => join(folder, 'ceph'))],
        process.env.LD_LIBRARY_PATH,
      ),
    };
  }

  /** @returns undefined, and why, if the programs are not there and cannot be fetched */
  static open(): DebianTools | string {
    const root = mkdtempSync(join(tmpdir(), 'rootcap-debian-'));
    if (DebianTools.installed) return new DebianTools(root);
    const problem = unpack(root);
    if (problem === undefined) return new DebianTools(root);
    rmSync(root, { recursive: true });
    return problem;
  }

  /** Whether the programs are installed, so that nothing has to be fetched. */
  static get installed(): boolean {
    return PROGRAMS.every((name) => findProgram(name) !== undefined);
  }

  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.#environment };
  }

  run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): ProgramResult {
    return runProgram('/usr/bin/env', [program, ...args], { ...this.#environment, ...environment });
  }

  /** Where nbdkit's plugins and filters are: it looks in the system's folders only. */
  nbdkitModule(kind: 'plugin' | 'filter', name: string): string {
    const triplet = readdirSync(join(this.#root, 'usr/lib')).find((folder) => folder.endsWith('-linux-gnu'));
    const path = join(this.#root, 'usr/lib', triplet ?? '', 'nbdkit', `${kind}s`, `nbdkit-${name}-${kind}.so`);
    return existsSync(path) ? path : name;
  }

  close(): void {
    rmSync(this.#root, { recursive: true });
  }
}

/** @returns what went wrong */
function unpack(root: string): string | undefined {
  if (findProgram('apt-get') === undefined || findProgram('dpkg-deb') === undefined)
    return `${PROGRAMS.join(', ')} are not all there, and this is no Debian to fetch them from`;
  return unpackDebian(root, PACKAGES);
}
