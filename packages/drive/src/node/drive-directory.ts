import { existsSync } from 'node:fs';
import { type CryptoProvider, type Entropy, systemEntropy } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import {
  type CreateOptions,
  DriveError,
  type DriveParts,
  type FlashState,
  type HekFuses,
  Journal,
  journalRecord,
  newSilicon,
  type RootOfTrustOptions,
  rootOfTrustOf,
  type ScryptCost,
  SelfEncryptingDrive,
  type Silicon,
  vendorChainOf,
  XtsDataPath,
} from '@rootcap/drive';
import type { FileMedium } from './file-medium.ts';
import { FileStore } from './file-store.ts';
import { nativeEngine } from './native-engine.ts';

export interface DriveDirectoryOptions {
  readonly provider?: CryptoProvider;
  /** Default the system's. */
  readonly entropy?: Entropy;
  readonly pinCost?: ScryptCost;
  readonly rootOfTrust?: RootOfTrustOptions;
}

/** A drive whose flash, fuses and media are files, for one process at a time. */
export interface OpenDrive {
  readonly drive: SelfEncryptingDrive;
  /** Powers off, flushed, and lets the files go. */
  close(): Promise<void>;
}

/** The files: `journal` with flash and fuses, `ns1.img` and so on with ciphertext. */
interface Files {
  readonly store: FileStore;
  readonly journal: Journal;
  readonly media: Map<number, FileMedium>;
}

function partsOf({ store, journal, media }: Files, silicon: Silicon, options: DriveDirectoryOptions): DriveParts {
  const { provider = nodeProvider(), entropy = systemEntropy(), pinCost, rootOfTrust } = options;
  return {
    provider,
    entropy,
    flash: journalRecord<FlashState>(journal, 'flash'),
    fuses: journalRecord<HekFuses>(journal, 'hek-fuses'),
    medium({ nsid }) {
      const medium = media.get(nsid) ?? store.open(`ns${nsid}.img`);
      media.set(nsid, medium);
      return medium;
    },
    keepMedia: () => store.flush(),
    dataPath: new XtsDataPath({ engine: nativeEngine() }),
    rootOfTrust: rootOfTrustOf(silicon, { provider, entropy }, rootOfTrust),
    ...(pinCost === undefined ? {} : { pinCost }),
  };
}

function opened(drive: SelfEncryptingDrive, { store, journal, media }: Files): OpenDrive {
  return {
    drive,
    async close() {
      await drive.powerOff();
      for (const medium of media.values()) medium.close();
      await journal.close();
      store.close();
    },
  };
}

async function withFiles<T>(directory: string, use: (files: Files) => Promise<T>): Promise<T> {
  const store = new FileStore(directory);
  try {
    return await use({ store, journal: await Journal.open(store), media: new Map() });
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * Makes a drive in a directory: new silicon, its vendor's certificates, HEK seed, SEK. It is then powered on.
 *
 * @throws DriveError EXISTS if there is one; MediumError IN_USE if another process has the directory
 */
export function createDriveDirectory(
  directory: string,
  { vendorChain, ...create }: Omit<CreateOptions, 'vendorChain'> & { readonly vendorChain?: readonly Uint8Array[] },
  options: DriveDirectoryOptions = {},
): Promise<OpenDrive> {
  return withFiles(directory, async (files) => {
    if (files.journal.get('flash') !== undefined) throw new DriveError('EXISTS', `${directory}: has a drive already`);
    const silicon = newSilicon(options.entropy ?? systemEntropy());
    const record = journalRecord<Silicon>(files.journal, 'silicon');
    await record.write(silicon);
    const drive = await SelfEncryptingDrive.create(partsOf(files, silicon, options), {
      ...create,
      vendorChain: vendorChain ?? vendorChainOf(silicon, options.rootOfTrust),
    });
    return opened(drive, files);
  });
}

/** Opens a drive, powered off. @throws DriveError UNKNOWN if there is none, CORRUPT; MediumError IN_USE */
export async function openDriveDirectory(directory: string, options: DriveDirectoryOptions = {}): Promise<OpenDrive> {
  if (!existsSync(directory)) throw new DriveError('UNKNOWN', `${directory}: no drive`);
  return withFiles(directory, async (files) => {
    const silicon = journalRecord<Silicon>(files.journal, 'silicon').read();
    if (silicon === undefined) throw new DriveError('UNKNOWN', `${directory}: no drive`);
    return opened(SelfEncryptingDrive.open(partsOf(files, silicon, options)), files);
  });
}
