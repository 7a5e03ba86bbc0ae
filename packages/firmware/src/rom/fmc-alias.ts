import type { Validity } from '@rootcap/dice';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, report } from '../coroutine.ts';
import { type DiceLayer, deriveKeyPairs, describeLayer } from '../dice-layer.ts';
import { CDI_USAGE, KEY_ID } from '../key-ids.ts';
import { certifyFmcAlias } from './certificates.ts';
import { PCR_ID } from './pcrs.ts';

const FMC_ALIAS_SLOTS = { ecc: KEY_ID.FMC_ECDSA_PRIV_KEY, mldsa: KEY_ID.FMC_MLDSA_KEYPAIR_SEED } as const;
export const FMC_ALIAS_LABELS = { ecc: 'alias_fmc_ecc_key', mldsa: 'alias_fmc_mldsa_key' } as const;

/**
 * Identity of the first mutable code: its CDI depends on PCR 0, so on the device's state and on FMC.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/fmc_alias.rs
 */
export function* deriveFmcAlias(context: FirmwareContext, ldevid: DiceLayer, validity: Validity): Firmware {
  const cdi = { slot: KEY_ID.ROM_FMC_CDI, usage: CDI_USAGE };
  context.drivers.hmac.kdf(cdi, 'alias_fmc_cdi', cdi, context.chip.pcrBank.read(PCR_ID.FMC_CURRENT));
  yield* report(context, 'FmcAliasDeriveCdiComplete');

  const publicKeys = deriveKeyPairs(context, cdi.slot, FMC_ALIAS_SLOTS, FMC_ALIAS_LABELS);
  yield* report(context, 'FmcAliasKeyPairDerivationComplete');
  const fmcAlias = describeLayer(context, FMC_ALIAS_SLOTS, publicKeys);
  yield* report(context, 'FmcAliasSubjIdSnGenerationComplete');
  yield* report(context, 'FmcAliasSubjKeyIdGenerationComplete');

  certifyFmcAlias(context, 'ecdsa-p384', ldevid, fmcAlias, validity);
  certifyFmcAlias(context, 'mldsa87', ldevid, fmcAlias, validity);
  yield* report(context, 'FmcAliasCertSigGenerationComplete');
  yield* report(context, 'FmcAliasDerivationComplete');
}
