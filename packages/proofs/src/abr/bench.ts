import { type ModelEngineOptions, modelAbrEngine } from '@rootcap/adams-bridge';
import { portableProvider as provider } from '@rootcap/crypto';
import { Abr, type AbrClock, type AbrProfileName, KeyVault, PcrBank, Sha512 } from '@rootcap/hardware';

/** The accelerator's registers on the model, with a key vault and the hash over the PCRs. Without a clock commands take no time. */
export function createAbrBench(
  profile: AbrProfileName,
  options?: ModelEngineOptions,
  { clock, ocpLock = false }: { readonly clock?: AbrClock; readonly ocpLock?: boolean } = {},
): { readonly abr: Abr; readonly keyVault: KeyVault; readonly sha512: Sha512 } {
  const keyVault = new KeyVault({ ocpLockInProgress: () => ocpLock });
  const sha512 = new Sha512({ provider, pcrBank: new PcrBank({ provider }) });
  const engine = modelAbrEngine(options);
  return { abr: new Abr({ engine, keyVault, sha512, profile, ...(clock && { clock }) }), keyVault, sha512 };
}
