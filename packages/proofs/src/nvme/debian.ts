import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebian } from '../debian.ts';
import { runProgram } from '../tools.ts';

/** What the guest is made of: Debian 12. */
const PACKAGES = ['qemu-system-x86', 'linux-image-cloud-amd64', 'busybox-static', 'nvme-cli', 'kmod', 'e2fsprogs'];
const LIBRARIES = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu'];

/** Programs of Debian packages that are unpacked, not installed. */
export class DebianPrograms {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** Gets the packages with all that they need and is not installed. Needs no rights. @throws Error if apt cannot */
  static unpack(scratch: string): DebianPrograms {
    const root = join(scratch, 'root');
    // Those that are installed too: the guest gets its programs from the unpacked ones.
    const problem = unpackDebian(root, PACKAGES, { installed: true });
    if (problem !== undefined) throw new Error(problem);
    return new DebianPrograms(root);
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  /** Where the unpacked programs find their libraries. */
  get environment(): { readonly LD_LIBRARY_PATH: string } {
    return { LD_LIBRARY_PATH: LIBRARIES.map((folder) => join(this.root, folder)).join(':') };
  }

  /** The libraries of a program, and its loader: where they are here. */
  librariesOf(program: string): string[] {
    const { stdout } = runProgram('ldd', [program], this.environment);
    return [...stdout.matchAll(/(?:=>\s*)?(\/\S+) \(0x/g)].map(([, path]) => path as string);
  }

  /** Version of the unpacked kernel. */
  get kernel(): string {
    const [version] = readdirSync(this.path('lib/modules'));
    if (version === undefined) throw new Error('no kernel among the packages');
    return version;
  }

  /** Paths of kernel modules with those that they need, in the order in which they are loaded. */
  kernelModules(...names: readonly string[]): string[] {
    // kmod is what it is called; the package's own link is to an installed one.
    const depmod = this.path('depmod');
    if (!existsSync(depmod)) symlinkSync(this.path('bin/kmod'), depmod);
    const list = ['-n', '-b', this.root, this.kernel];
    const { status, stdout, stderr } = runProgram(depmod, list, this.environment);
    if (status !== 0) throw new Error(`depmod: ${stderr}`);
    const needs = new Map(
      [...stdout.matchAll(/^(kernel\/\S+\.ko):(.*)$/gm)].map(([, file, list]) => [
        file as string,
        (list as string).trim().split(' ').filter(Boolean),
      ]),
    );
    const wanted = names.flatMap((name) => {
      const file = [...needs.keys()].find((path) => path.endsWith(`/${name}.ko`));
      // What each needs is listed nearest first.
      return file === undefined ? [] : [...(needs.get(file) ?? []).toReversed(), file];
    });
    return [...new Set(wanted)].map((file) => this.path('lib/modules', this.kernel, file));
  }
}
