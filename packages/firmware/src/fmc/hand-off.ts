import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../context.ts';
import { type DiceLayer, describeLayer } from '../dice-layer.ts';
import { slotOfHandle } from '../rom/fht.ts';

type KeyHandle = 'fmc_cdi_kv_hdl' | 'fmc_ecc_priv_key_kv_hdl' | 'fmc_mldsa_keypair_seed_kv_hdl';

/** Key-vault slot of a handle in the handoff table. @throws RotError if the handle names something else */
export function handedOverSlot({ persistent: { fht } }: FirmwareContext, name: KeyHandle): number {
  const slot = slotOfHandle(fht.get(name));
  if (slot === undefined) throw new RotError('FMC_HANDOFF_INVALID_PARAM', name);
  return slot;
}

/** FMC alias keys as ROM handed them over. */
export function handedOverFmcAlias(context: FirmwareContext): DiceLayer {
  const { dataVault } = context.persistent;
  const slots = {
    ecc: handedOverSlot(context, 'fmc_ecc_priv_key_kv_hdl'),
    mldsa: handedOverSlot(context, 'fmc_mldsa_keypair_seed_kv_hdl'),
  };
  return describeLayer(context, slots, {
    ecc: dataVault.get('fmc_ecc_pub_key'),
    mldsa: dataVault.get('fmc_mldsa_pub_key'),
  });
}
