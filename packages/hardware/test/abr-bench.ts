import { type AbrClock, type AbrProfileName, KeyUsage } from '@rootcap/hardware';
import { engines, hex, readLittle, writeLittle } from './engines.ts';
import { stubAbrEngine } from './stub-abr-engine.ts';

/** One rule of adams-bridge:src/abr_top/rtl at b77e3d89 (v2.0.3): what is done, what is then seen. */
export type Rule = readonly [rule: string, run: (b: Bench) => unknown, seen: unknown];

/** Where a slot holds 64 bytes that appear nowhere else, for every use. */
export const SLOT = 3;
export const SECRET = Uint8Array.from({ length: 64 }, (_, i) => (i * 73 + 0xc1) & 0xff);
/** The same in a slot of OCP LOCK, and in the one that is released to the drive. */
export const LOCK_SLOT = 17;
export const RELEASE_SLOT = 23;
export const EMPTY_SLOT = 5;
export const TARGET = 9;
export const ZEROS = (length: number) => '00'.repeat(length);
export const reversed = (bytes: Uint8Array) => bytes.slice().reverse();

/** @param clock - without it, commands take no time */
export function bench(
  abrProfile: AbrProfileName = 'rtl-2.0.3',
  publicResults: 'plain' | 'changed' = 'plain',
  clock?: AbrClock,
) {
  const { engine, calls } = stubAbrEngine(publicResults);
  let ocpLock = false;
  const vault = { ocpLockInProgress: () => ocpLock };
  const e = engines({ abrEngine: engine, abrProfile, keyVault: vault, ...(clock && { abrClock: clock }) });
  const { abr, keyVault, sha512 } = e;
  for (const slot of [SLOT, LOCK_SLOT, RELEASE_SLOT]) keyVault.write(slot, SECRET, 0x1ff);
  keyVault.write(8, SECRET, KeyUsage.MLDSA_SEED);
  const read = (name: string, length: number) => hex(readLittle(abr, name, length));
  return {
    abr,
    engine,
    keyVault,
    sha512,
    calls,
    /** LOCK_IN_PROGRESS from now on. */
    lock: () => {
      ocpLock = true;
    },
    read,
    set: (name: Parameters<typeof abr.set>[0], value: number, index?: number) => abr.set(name, value, index),
    load: (name: string, bytes: Uint8Array) => writeLittle(abr, name, bytes),
    dsa: (word: number) => abr.set('MLDSA_CTRL', word),
    kem: (word: number) => abr.set('MLKEM_CTRL', word),
    status: () => [abr.get('MLDSA_STATUS'), abr.get('MLKEM_STATUS')],
    /** Inputs of the last call of the engine, in hexadecimal. */
    inputs: () => calls.at(-1)?.inputs.map(hex),
    slot: (slot: number) => hex(keyVault.inspect(slot)),
    interrupts: () => [abr.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_R'), abr.get('INTR_BLOCK_RF_NOTIF_INTERNAL_INTR_R')],
    counts: () => [
      abr.get('INTR_BLOCK_RF_ERROR_INTERNAL_INTR_COUNT_R'),
      abr.get('INTR_BLOCK_RF_NOTIF_CMD_DONE_INTR_COUNT_R'),
    ],
  };
}
export type Bench = ReturnType<typeof bench>;

/** Does several things, and tells what the last one gave. */
export const after =
  (...steps: readonly ((b: Bench) => unknown)[]) =>
  (b: Bench): unknown =>
    steps.map((step) => step(b)).at(-1);
export const dsa = (word: number) => (b: Bench) => b.dsa(word);
export const kem = (word: number) => (b: Bench) => b.kem(word);
export const load = (name: string, bytes: Uint8Array) => (b: Bench) => b.load(name, bytes);
export const set = (name: Parameters<Bench['abr']['set']>[0], value: number, index?: number) => (b: Bench) =>
  b.abr.set(name, value, index);
export const get = (name: Parameters<Bench['abr']['get']>[0], index?: number) => (b: Bench) => b.abr.get(name, index);
export const read = (name: string, length: number) => (b: Bench) => b.read(name, length);
export const status = (b: Bench) => b.status();
export const interrupts = (b: Bench) => b.interrupts();
export const counts = (b: Bench) => b.counts();
export const inputs = (b: Bench) => b.inputs();
export const ocpLock = (b: Bench) => b.lock();
export const calls = (b: Bench) => b.calls.length;
