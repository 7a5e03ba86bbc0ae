import { KeyUsage } from '@rootcap/hardware';
import type { FirmwareContext } from '../context.ts';
import { eraseKey } from '../drivers/key-vault.ts';
import { CDI_USAGE, KEY_ID } from '../key-ids.ts';
import { aliasSlot } from './alias-keys.ts';

const ZERO_KEY = new Uint8Array(48);

/**
 * Takes the runtime its identity until the next cold reset: its CDI and the exported one become constants, and so do the
 * alias keys. Signatures go on, but the RT alias certificate no longer vouches for them.
 *
 * @see caliptra-sw:runtime/src/disable.rs
 */
export function disableAttestation(context: FirmwareContext): void {
  const { chip, drivers, persistent } = context;
  const cdi = aliasSlot(context, 'cdi');
  const ecc = aliasSlot(context, 'ecc');
  const mldsa = aliasSlot(context, 'mldsa');
  for (const slot of [cdi, ecc, mldsa]) eraseKey(chip, slot);
  for (const slot of [cdi, KEY_ID.EXPORTED_DPE_CDI]) drivers.hmac.kdf(ZERO_KEY, 'zero_cdi', { slot, usage: CDI_USAGE });
  const publicKey = drivers.ecc384.keyPair({ slot: cdi }, { slot: ecc, usage: KeyUsage.ECC_PKEY });
  persistent.fht.set('rt_dice_ecc_pub_key', publicKey);
  drivers.hmac.kdf({ slot: cdi }, '', { slot: mldsa, usage: KeyUsage.MLDSA_SEED });
  drivers.mldsa87.keyPair({ slot: mldsa });
  persistent.dpe.set('attestation_disabled', 1);
}
