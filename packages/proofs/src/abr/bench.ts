import { type ModelEngineOptions, modelAbrEngine } from '@rootcap/adams-bridge';
import { portableProvider as provider } from '@rootcap/crypto';
import { Abr, type AbrProfileName, KeyVault, PcrBank, Sha512 } from '@rootcap/hardware';

/** The accelerator's registers on the model, with a key vault and the hash over the PCRs. */
export function createAbrBench(
  profile: AbrProfileName,
  options?: ModelEngineOptions,
): { readonly abr: Abr; readonly keyVault: KeyVault; readonly sha512: Sha512 } {
  const keyVault = new KeyVault();
  const sha512 = new Sha512({ provider, pcrBank: new PcrBank({ provider }) });
  return { abr: new Abr({ engine: modelAbrEngine(options), keyVault, sha512, profile }), keyVault, sha512 };
}
