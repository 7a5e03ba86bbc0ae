import { KeyUsage } from './key-vault.ts';
import type { ABR_REG } from './registers/abr.ts';

type Registers = (typeof ABR_REG)['registers'];

/** What a register write needs: the accelerator idle, and no vault data in its place. */
export const INPUTS: ReadonlySet<keyof Registers> = new Set<keyof Registers>([
  'ABR_ENTROPY',
  'MLDSA_SEED',
  'MLDSA_SIGN_RND',
  'MLDSA_MSG',
  'MLDSA_EXTERNAL_MU',
  'MLDSA_CTX_CONFIG',
  'MLDSA_CTX',
  'MLDSA_PUBKEY',
  'MLDSA_SIGNATURE',
  'MLDSA_PRIVKEY_IN',
  'MLKEM_SEED_D',
  'MLKEM_SEED_Z',
  'MLKEM_MSG',
  'MLKEM_DECAPS_KEY',
  'MLKEM_ENCAPS_KEY',
  'MLKEM_CIPHERTEXT',
]);

/** Results, and the status whose VALID opens them. */
export const RESULTS: Partial<Record<keyof Registers, 'MLDSA_STATUS' | 'MLKEM_STATUS'>> = {
  MLDSA_PUBKEY: 'MLDSA_STATUS',
  MLDSA_SIGNATURE: 'MLDSA_STATUS',
  MLDSA_PRIVKEY_OUT: 'MLDSA_STATUS',
  MLKEM_SHARED_KEY: 'MLKEM_STATUS',
  MLKEM_DECAPS_KEY: 'MLKEM_STATUS',
  MLKEM_ENCAPS_KEY: 'MLKEM_STATUS',
  MLKEM_CIPHERTEXT: 'MLKEM_STATUS',
};

/** Read ports: control, status, use, and the registers they fill (32 bytes each, in slot order). */
export const READ_PORTS = {
  KV_MLDSA_SEED_RD_CTRL: { status: 'KV_MLDSA_SEED_RD_STATUS', usage: KeyUsage.MLDSA_SEED, into: ['MLDSA_SEED'] },
  KV_MLKEM_SEED_RD_CTRL: {
    status: 'KV_MLKEM_SEED_RD_STATUS',
    usage: KeyUsage.MLKEM_SEED,
    into: ['MLKEM_SEED_D', 'MLKEM_SEED_Z'],
  },
  KV_MLKEM_MSG_RD_CTRL: { status: 'KV_MLKEM_MSG_RD_STATUS', usage: KeyUsage.MLKEM_MSG, into: ['MLKEM_MSG'] },
} as const;
export type ReadPort = keyof typeof READ_PORTS;
export const READ_PORT_NAMES = Object.keys(READ_PORTS) as ReadPort[];
