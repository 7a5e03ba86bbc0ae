import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { runProgram } from '../tools.ts';
import type { DebianPrograms } from './debian.ts';

const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /mnt /etc/nvme
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
exec </dev/ttyS1 >/dev/ttyS1 2>&1
stty raw -echo
for module in $(cat /modules/order); do insmod /modules/$module; done
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
echo "@@ready"
while IFS= read -r line; do eval "$line"; echo "@@status $?"; done
`;
/** Where a guest reaches this machine's loopback. */
export const HOST_ADDRESS = '10.0.2.2';
const MODULES = ['virtio_pci', 'virtio_net', 'nvme-fabrics', 'nvme-tcp'];

export interface GuestOptions {
  readonly debian: DebianPrograms;
  readonly scratch: string;
  /** Further programs, linked statically. */
  readonly programs?: readonly string[];
}

export interface GuestResult {
  readonly status: number;
  readonly output: string;
}

function place(root: string, from: string, to: string): void {
  const target = join(root, to);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(from, target);
  chmodSync(target, 0o755);
}

/** The guest's file system: busybox, nvme-cli, mkfs.ext4 and modules, packed as the kernel wants it. */
function buildInitramfs({ debian, scratch, programs = [] }: GuestOptions): string {
  const root = join(scratch, 'initramfs');
  const busybox = debian.path('bin/busybox');
  place(root, busybox, 'bin/busybox');
  for (const program of ['usr/sbin/nvme', 'sbin/mkfs.ext4']) {
    place(root, debian.path(program), `bin/${basename(program)}`);
    for (const library of debian.librariesOf(debian.path(program))) {
      const loader = basename(library).startsWith('ld-linux');
      place(root, library, loader ? 'lib64/ld-linux-x86-64.so.2' : `usr/lib/x86_64-linux-gnu/${basename(library)}`);
    }
  }
  for (const program of programs) place(root, program, `bin/${basename(program)}`);
  const modules = debian.kernelModules(...MODULES);
  for (const module of modules) place(root, module, `modules/${basename(module)}`);
  writeFileSync(join(root, 'modules/order'), modules.map((module) => basename(module)).join('\n'));
  writeFileSync(join(root, 'init'), INIT, { mode: 0o755 });
  const image = join(scratch, 'initramfs.cpio');
  const pack = `cd "$0" && "$1" find . | "$1" cpio -o -H newc > "$2"`;
  const { status, stderr } = runProgram('sh', ['-c', pack, root, busybox, image]);
  if (status !== 0) throw new Error(`initramfs: ${stderr}`);
  return image;
}

/** A Linux in qemu, in pure emulation, that is told what to do line by line. */
export class Guest {
  readonly #process: ChildProcess;
  #output = '';
  #heard: (() => void) | undefined;

  private constructor(process: ChildProcess) {
    this.#process = process;
    process.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
      this.#heard?.();
    });
    process.on('exit', () => this.#heard?.());
  }

  /** Boots, until the guest takes commands. */
  static async boot(options: GuestOptions): Promise<Guest> {
    const { debian, scratch } = options;
    const initramfs = buildInitramfs(options);
    const console = join(scratch, 'console.log');
    const machine = ['-machine', 'q35', '-accel', 'tcg', '-cpu', 'max', '-m', '512', '-smp', '1'];
    const firmware = ['usr/share/seabios', 'usr/share/qemu'].flatMap((folder) => ['-L', debian.path(folder)]);
    const kernel = ['-kernel', debian.path('boot', `vmlinuz-${debian.kernel}`), '-initrd', initramfs];
    const network = ['-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0,romfile='];
    const serial = ['-serial', `file:${console}`, '-serial', 'stdio'];
    const quiet = ['-display', 'none', '-monitor', 'none', '-no-reboot', '-nodefaults', '-vga', 'none'];
    const child = spawn(
      'nice',
      [
        debian.path('usr/bin/qemu-system-x86_64'),
        ...[...machine, ...firmware, ...kernel, ...network, ...serial, ...quiet],
        '-append',
        'console=ttyS0 loglevel=6 panic=-1 random.trust_cpu=on',
      ],
      { env: { ...process.env, ...debian.environment }, stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const guest = new Guest(child);
    await guest.#until(/@@ready\r?\n/, 120);
    return guest;
  }

  /** Runs a line of shell. @param seconds - how long it may take */
  async run(line: string, seconds = 60): Promise<GuestResult> {
    this.#process.stdin?.write(`${line}\n`);
    const { before, match } = await this.#until(/@@status (\d+)\r?\n/, seconds, line);
    return { status: Number(match[1]), output: before.replaceAll('\r', '') };
  }

  async #until(pattern: RegExp, seconds: number, doing = 'booting') {
    const end = Date.now() + 1000 * seconds;
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match !== null) {
        const before = this.#output.slice(0, match.index);
        this.#output = this.#output.slice(match.index + match[0].length);
        return { before, match };
      }
      const left = end - Date.now();
      if (this.#process.exitCode !== null || left <= 0)
        throw new Error(`guest, ${doing}: no answer in ${seconds} s\n${this.#output}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Takes its power away. */
  stop(): void {
    this.#process.kill('SIGKILL');
  }
}
