import type { ABR_REG } from './registers/abr.ts';

type Name = keyof (typeof ABR_REG)['registers'];

/** Words of a register array, and the first word of a memory that holds them. */
interface Window {
  readonly name: Name;
  readonly first: number;
  readonly count: number;
  readonly memory: 'private-key RAM' | 'scratch';
  readonly at: number;
}

const window = (name: Name, first: number, count: number, memory: Window['memory'], at: number): Window => ({
  name,
  first,
  count,
  memory,
  at,
});

/** Inputs that share memory, word by word. adams-bridge:src/abr_top/rtl/abr_ctrl.sv, v2.0.3 */
const WINDOWS: readonly Window[] = [
  window('MLDSA_PRIVKEY_IN', 0, 32, 'scratch', 0),
  window('MLDSA_PRIVKEY_IN', 32, 1192, 'private-key RAM', 0),
  window('MLDSA_PUBKEY', 0, 8, 'scratch', 0),
  window('MLKEM_DECAPS_KEY', 0, 768, 'private-key RAM', 0),
  window('MLKEM_DECAPS_KEY', 768, 24, 'scratch', 0),
  window('MLKEM_ENCAPS_KEY', 0, 384, 'private-key RAM', 384),
  window('MLKEM_ENCAPS_KEY', 384, 8, 'scratch', 0),
  window('MLKEM_CIPHERTEXT', 0, 392, 'private-key RAM', 768),
  window('MLKEM_MSG', 0, 8, 'private-key RAM', 1160),
  window('MLKEM_SEED_Z', 0, 8, 'scratch', 16),
];

/** The other words that change with a word: those in the same place of the same memory. */
export function sharedWords(name: Name, index: number): { readonly name: Name; readonly index: number }[] {
  const own = WINDOWS.find((w) => w.name === name && index >= w.first && index < w.first + w.count);
  if (own === undefined) return [];
  const place = own.at + index - own.first;
  return WINDOWS.filter((w) => w !== own && w.memory === own.memory && place >= w.at && place < w.at + w.count).map(
    (w) => ({ name: w.name, index: w.first + place - w.at }),
  );
}
