import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BLOCK_SIZE, EncryptedNamespace, encodeMetadata, Journal, XtsDataPath } from '@rootcap/drive';
import { FileMedium, FileStore, type NbdTls, nativeEngine, serveNbd } from '@rootcap/drive/node';

/** What the process is to serve; the last argument, as JSON. */
export interface DriveProcessOptions {
  readonly directory: string;
  readonly blocks: number;
  readonly tls?: { readonly psk: string } | { readonly cert: string; readonly key: string; readonly ca: string };
  /** Whether a counter is committed to the journal again and again; each durable one is told. */
  readonly count?: boolean;
}

/** The media key of the proofs. */
export const proofKey = (): Buffer => createHash('sha512').update('media key of the proofs').digest();

export const imageOf = (directory: string): string => join(directory, 'media', 'ns1.img');
export const socketOf = (directory: string): string => join(directory, 'nbd.sock');
export const storeOf = (directory: string): string => join(directory, 'media');

/** Loads or unloads the only range. */
export function setLocked(path: XtsDataPath, blocks: number, locked: boolean): void {
  const metadata = encodeMetadata({ start: 0, end: blocks - 1, nsid: 1 });
  if (locked) path.unload(metadata);
  else path.load(metadata, new Uint8Array(32), proofKey());
}

/** The namespace of the proofs on the image of this directory, unlocked. */
export function openProofNamespace(
  directory: string,
  blocks: number,
): { readonly namespace: EncryptedNamespace; readonly path: XtsDataPath; readonly medium: FileMedium } {
  const path = new XtsDataPath({ engine: nativeEngine() });
  setLocked(path, blocks, false);
  const medium = new FileMedium(imageOf(directory));
  return { namespace: new EncryptedNamespace({ nsid: 1, blockCount: blocks, dataPath: path, medium }), path, medium };
}

async function countInJournal(journal: Journal): Promise<never> {
  const found = journal.get('counter');
  for (let counter = found === undefined ? 1 : Buffer.from(found).readUInt32LE() + 1; ; counter++) {
    const value = Buffer.alloc(64);
    value.writeUInt32LE(counter);
    await journal.commit(new Map([['counter', value]]));
    process.stdout.write(`counted ${counter}\n`);
  }
}

function tlsOf(tls: DriveProcessOptions['tls']): NbdTls | undefined {
  if (tls === undefined || !('psk' in tls)) return tls;
  const key = Buffer.from(tls.psk, 'hex');
  return { psk: (identity) => (identity === 'alice' ? key : undefined) };
}

async function main(): Promise<void> {
  const options = JSON.parse(process.argv.at(-1) as string) as DriveProcessOptions;
  const { directory, blocks, count = false } = options;
  const store = new FileStore(storeOf(directory));
  const journal = await Journal.open(store);
  const { namespace, path } = openProofNamespace(directory, blocks);
  const tls = tlsOf(options.tls);
  await serveNbd({
    endpoint: { path: socketOf(directory) },
    namespaces: () => [namespace],
    ...(tls === undefined ? {} : { tls }),
  });
  process.stdout.write(`ready ${blocks * BLOCK_SIZE}\n`);
  createInterface({ input: process.stdin }).on('line', (line) => {
    setLocked(path, blocks, line === 'lock');
    process.stdout.write(`${line}ed\n`);
  });
  if (count) await countInJournal(journal);
}

if (process.argv[1]?.endsWith('drive/main.js')) await main();
