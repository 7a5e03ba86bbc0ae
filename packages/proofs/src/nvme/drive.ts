import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DriveError, type FlashState, Journal, journalRecord, type SelfEncryptingDrive } from '@rootcap/drive';
import {
  createDriveDirectory,
  FileStore,
  type NvmeServer,
  type OpenDrive,
  openDriveDirectory,
  serveNvme,
} from '@rootcap/drive/node';
import { RotError } from '@rootcap/errors';
import { DriveKeyService } from './key-service.ts';

const NQN = 'nqn.2026-01.org.example:rootcap-proof';
const RANGE = 'data';
const BLOCK_COUNT = (256 << 20) / 4096;
/** UID of the AccessCondition whose access key the key service has. */
const PARTY = '0000090300000001';
/** The flash of a drive directory. */
const JOURNAL = 'journal';

/**
 * A drive in a directory with a power switch, on NVMe/TCP while it is on. Its namespace needs the access key that a key
 * service holds: power comes with it locked.
 */
export class PoweredDrive {
  readonly nqn = NQN;
  readonly #directory: string;
  readonly #open: OpenDrive;
  readonly #service: DriveKeyService;
  #server: NvmeServer | undefined;
  #port = 0;

  private constructor(directory: string, open: OpenDrive, service: DriveKeyService) {
    this.#directory = directory;
    this.#open = open;
    this.#service = service;
  }

  /** Manufactures a drive, enrols it with a key service, and puts its namespace under the party's access key. */
  static async create(scratch: string): Promise<PoweredDrive> {
    const directory = join(scratch, 'drive');
    const namespaces = [{ name: RANGE, blockCount: BLOCK_COUNT }];
    const open = await createDriveDirectory(directory, { serial: 'ROOTCAP0001', namespaces });
    const service = new DriveKeyService(open.drive, PARTY);
    const drive = new PoweredDrive(directory, open, service);
    await drive.bind();
    await open.drive.protect({ name: RANGE, nsid: 1, parties: [PARTY] });
    await open.drive.powerOff();
    return drive;
  }

  get subsystem(): SelfEncryptingDrive {
    return this.#open.drive;
  }

  get port(): number {
    return this.#port;
  }

  async powerOn(): Promise<void> {
    await this.subsystem.powerOn();
    this.#server = await serveNvme({
      subsystem: this.subsystem,
      nqn: NQN,
      port: this.#port,
      failed: (error) => console.error(error),
    });
    this.#port = this.#server.port;
  }

  async powerOff(): Promise<void> {
    await this.#server?.close();
    this.#server = undefined;
    await this.subsystem.powerOff();
  }

  /** Takes its power away for good. */
  async close(): Promise<void> {
    await this.#server?.close();
    await this.#open.close();
  }

  /** The key service seals the access key to the HPKE key of this boot. */
  async enable(): Promise<void> {
    await this.#service.enable(this.subsystem);
  }

  /** Makes an MPK under the access key: at first, and after a new SEK. */
  async bind(): Promise<void> {
    await this.#service.bind(this.subsystem);
  }

  /** Lets the root of trust release the media key. */
  async unlock(): Promise<void> {
    await this.subsystem.unlock(RANGE);
  }

  /** Whether the namespace is locked. */
  get locked(): boolean {
    return this.subsystem.status().ranges.some(({ locked }) => locked);
  }

  /** What the flash holds now. */
  flash(): Promise<FlashState> {
    return this.#inCopy((directory) => changeFlash(directory, {}));
  }

  /**
   * What somebody gets who puts old wrapped keys back into the flash, and has the key service's help: a copy of the drive,
   * with its silicon and fuses, is powered on, enabled, and told to unlock.
   *
   * @returns the code of the root of trust; undefined if it releases the media key
   */
  refusalWith(old: Partial<FlashState>): Promise<string | undefined> {
    return this.#inCopy(async (directory) => {
      await changeFlash(directory, old);
      const { drive, close } = await openDriveDirectory(directory);
      try {
        await drive.powerOn();
        await this.#service.enable(drive);
        await drive.unlock(RANGE);
        return undefined;
      } catch (error) {
        return codeOf(error);
      } finally {
        await close();
      }
    });
  }

  async #inCopy<T>(use: (directory: string) => Promise<T>): Promise<T> {
    const copy = `${this.#directory}-copy`;
    mkdirSync(copy);
    try {
      copyFileSync(join(this.#directory, JOURNAL), join(copy, JOURNAL));
      return await use(copy);
    } finally {
      rmSync(copy, { recursive: true });
    }
  }
}

/** @returns what the flash held before */
async function changeFlash(directory: string, change: Partial<FlashState>): Promise<FlashState> {
  const store = new FileStore(directory);
  const journal = await Journal.open(store);
  try {
    const record = journalRecord<FlashState>(journal, 'flash');
    const flash = record.read();
    if (flash === undefined) throw new Error('the drive has no flash');
    await record.write({ ...flash, ...change });
    return flash;
  } finally {
    await journal.close();
    store.close();
  }
}

/** Code of the root of trust, or of the drive, in a refusal. */
export function codeOf(error: unknown): string {
  if (!(error instanceof DriveError)) throw error;
  return error.cause instanceof RotError ? error.cause.symbol : error.code;
}
