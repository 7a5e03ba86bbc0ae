import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type DriveProcessOptions, socketOf } from './main.ts';

const MAIN = fileURLToPath(new URL('./main.js', import.meta.url));

/** A drive in a process of its own. */
export class DriveProcess {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(line: string) => void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      for (const listener of this.#listeners) listener(line);
    });
  }

  /** @returns when it listens */
  static async start(options: DriveProcessOptions): Promise<DriveProcess> {
    // The socket of a process that was killed.
    rmSync(socketOf(options.directory), { force: true });
    const child = spawn(process.execPath, [MAIN, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const drive = new DriveProcess(child);
    await drive.heard((line) => line.startsWith('ready'));
    return drive;
  }

  onLine(listener: (line: string) => void): void {
    this.#listeners.add(listener);
  }

  /** Settles when the process says such a line. @throws Error if it ends before */
  heard(matches: (line: string) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const listener = (line: string): void => {
        if (!matches(line)) return;
        this.#listeners.delete(listener);
        resolve();
      };
      this.#listeners.add(listener);
      this.#child.once('exit', (code) => reject(new Error(`the drive ended with ${code}`)));
    });
  }

  async setLocked(locked: boolean): Promise<void> {
    const command = locked ? 'lock' : 'unlock';
    this.#child.stdin?.write(`${command}\n`);
    await this.heard((line) => line === `${command}ed`);
  }

  /** Ends it at once, if it runs. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
