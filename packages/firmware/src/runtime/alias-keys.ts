import type { DiceAlgorithm } from '@rootcap/dice';
import { type ErrorName, RotError } from '@rootcap/errors';
import { KeyUsage } from '@rootcap/hardware';
import type { FirmwareContext } from '../context.ts';
import { describeKey, describePublicKey, type LayerKey } from '../dice-layer.ts';
import { RT_ALIAS_LABELS } from '../fmc/rt-alias.ts';
import { slotOfHandle } from '../rom/fht.ts';

const HANDLES = {
  cdi: { field: 'rt_cdi_kv_hdl', failure: 'RUNTIME_CDI_KV_HDL_HANDOFF_FAILED' },
  ecc: { field: 'rt_ecc_priv_key_kv_hdl', failure: 'RUNTIME_PRIV_KEY_KV_HDL_HANDOFF_FAILED' },
  mldsa: { field: 'rt_mldsa_keypair_seed_kv_hdl', failure: 'RUNTIME_PRIV_KEY_KV_HDL_HANDOFF_FAILED' },
} as const satisfies Record<string, { readonly field: string; readonly failure: ErrorName }>;

/** Key-vault slot of the runtime's CDI, P-384 key or ML-DSA seed, as FMC handed it over. @throws RotError */
export function aliasSlot({ persistent: { fht } }: FirmwareContext, which: keyof typeof HANDLES): number {
  const { field, failure } = HANDLES[which];
  const slot = slotOfHandle(fht.get(field));
  if (slot === undefined) throw new RotError(failure, field);
  return slot;
}

/** The RT alias P-384 key. */
function eccAlias(context: FirmwareContext): LayerKey {
  const publicKey = context.persistent.fht.get('rt_dice_ecc_pub_key');
  return describeKey(context, 'ecdsa-p384', aliasSlot(context, 'ecc'), publicKey);
}

/**
 * The RT alias ML-DSA key. The runtime keeps no copy of the public key: it derives the pair anew at each use.
 *
 * @see caliptra-sw:runtime/src/drivers.rs (get_key_id_rt_mldsa_pub_key)
 */
function mldsaAlias(context: FirmwareContext): LayerKey {
  const { drivers } = context;
  const slot = aliasSlot(context, 'mldsa');
  const cdi = aliasSlot(context, 'cdi');
  drivers.hmac.kdf({ slot: cdi }, RT_ALIAS_LABELS.mldsa, { slot, usage: KeyUsage.MLDSA_SEED });
  return describeKey(context, 'mldsa87', slot, drivers.mldsa87.keyPair({ slot }));
}

/** TRNG responses of one derivation of the ML-DSA key: for the KDF, the key generation, the pairwise test. */
const MLDSA_DERIVATION_RESPONSES = 5;

/**
 * Draws the randomness of a further derivation of the same key, as the firmware makes it where it asks for the public key
 * more than once. The result is known, so it is not computed again.
 */
export function rederiveAlias({ chip: { trng } }: FirmwareContext, algorithm: DiceAlgorithm): void {
  if (algorithm === 'mldsa87') for (let i = 0; i < MLDSA_DERIVATION_RESPONSES; i++) trng.generate();
}

/** The RT alias key that signs for an algorithm. */
export function aliasKey(context: FirmwareContext, algorithm: DiceAlgorithm): LayerKey {
  return algorithm === 'ecdsa-p384' ? eccAlias(context) : mldsaAlias(context);
}

/** Public LDevID key and its names. */
export function ldevidKey({ provider, persistent: { dataVault } }: FirmwareContext, algorithm: DiceAlgorithm) {
  const ecc = algorithm === 'ecdsa-p384';
  return describePublicKey(
    provider,
    algorithm,
    dataVault.get(ecc ? 'ldev_dice_ecc_pub_key' : 'ldev_dice_mldsa_pub_key'),
  );
}
