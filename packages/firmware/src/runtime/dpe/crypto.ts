import { equalBytes, utf8ToBytes } from '@rootcap/crypto';
import type { DiceAlgorithm } from '@rootcap/dice';
import { type DpeCdi, type DpeCrypto, DpeError, type DpeKeyPair, type SignData } from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import { KeyUsage } from '@rootcap/hardware';
import type { FirmwareContext } from '../../context.ts';
import type { LayerKey } from '../../dice-layer.ts';
import { eraseKey } from '../../drivers/key-vault.ts';
import { KEY_ID } from '../../key-ids.ts';
import { ExportedCdiEntry } from '../../memory/tables.ts';
import { aliasSlot } from '../alias-keys.ts';

const CDI_LABEL = utf8ToBytes('derive_cdi');
const TRNG_RESPONSE = 48;
const HANDLE_SIZE = 32;

/** Slots that hold what one command derives. */
const TEMPORARY_SLOTS = [KEY_ID.DPE_CDI, KEY_ID.DPE_PRIV_KEY, KEY_ID.TMP] as const;

/** A driver's refusal as the DPE reports it. */
function dpeRefusal<T>(operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    if (error instanceof RotError) throw new DpeError('CryptoLibError', error.message, error.code);
    throw error;
  }
}

/**
 * The DPE's cryptography in the chip: CDIs and keys are key-vault slots.
 *
 * @see caliptra-sw:runtime/src/dpe_crypto.rs
 */
export class RuntimeDpeCrypto implements DpeCrypto {
  readonly #context: FirmwareContext;
  readonly #algorithm: DiceAlgorithm;
  readonly #alias: LayerKey;

  constructor(context: FirmwareContext, algorithm: DiceAlgorithm, alias: LayerKey) {
    this.#context = context;
    this.#algorithm = algorithm;
    this.#alias = alias;
  }

  hash(...parts: readonly Uint8Array[]): Uint8Array {
    return this.#context.chip.sha512.digest('sha384', ...parts);
  }

  randomBytes(length: number): Uint8Array {
    const output = new Uint8Array(length);
    for (let at = 0; at < length; at += TRNG_RESPONSE)
      output.set(this.#context.chip.trng.generate().subarray(0, length - at), at);
    return output;
  }

  /** What a CDI, or the seed of a key pair, may be used for besides HMAC. */
  get #seedUsage(): number {
    return this.#algorithm === 'ecdsa-p384' ? KeyUsage.ECC_SEED : KeyUsage.MLDSA_SEED;
  }

  #deriveCdi(measurement: Uint8Array, label: Uint8Array, slot: number): void {
    const { drivers } = this.#context;
    const key = { slot: aliasSlot(this.#context, 'cdi') };
    const usage = KeyUsage.HMAC_KEY | this.#seedUsage;
    dpeRefusal(() => drivers.hmac.kdf384(key, CDI_LABEL, { slot, usage }, this.hash(measurement, label)));
  }

  deriveCdi(measurement: Uint8Array, label: Uint8Array): DpeCdi {
    this.#deriveCdi(measurement, label, KEY_ID.DPE_CDI);
    return {
      deriveKeyPair: (keyLabel, info) => this.#keyPair(KEY_ID.DPE_CDI, keyLabel, info, KEY_ID.DPE_PRIV_KEY),
    };
  }

  deriveExportedCdi(measurement: Uint8Array, label: Uint8Array): Uint8Array {
    const { dpe } = this.#context.persistent;
    const handle = this.randomBytes(HANDLE_SIZE);
    if (dpe.get('exported_cdi').active !== 0)
      throw new DpeError('ExportedCdiHandleDuplicateCdi', 'an exported CDI is in its slot');
    this.#deriveCdi(measurement, label, KEY_ID.EXPORTED_DPE_CDI);
    dpe.set('exported_cdi', { key: KEY_ID.EXPORTED_DPE_CDI, handle, active: 1 });
    return handle;
  }

  exportedKeyPair(handle: Uint8Array, label: Uint8Array, info: Uint8Array): DpeKeyPair {
    const entry = this.#context.persistent.dpe.get('exported_cdi');
    if (entry.active === 0 || !equalBytes(entry.handle, handle))
      throw new DpeError('InvalidExportedCdiHandle', 'no exported CDI has this handle');
    return this.#keyPair(entry.key, label, info, KEY_ID.TMP);
  }

  #keyPair(cdi: number, label: Uint8Array, info: Uint8Array, slot: number): DpeKeyPair {
    return dpeRefusal(() => {
      const { drivers } = this.#context;
      drivers.hmac.kdf384({ slot: cdi }, label, { slot: KEY_ID.TMP, usage: this.#seedUsage }, info);
      const seed = { slot: KEY_ID.TMP };
      if (this.#algorithm === 'mldsa87') return this.#signer(KEY_ID.TMP, drivers.mldsa87.keyPair(seed));
      return this.#signer(slot, drivers.ecc384.keyPair(seed, { slot, usage: KeyUsage.ECC_PKEY }));
    });
  }

  #signer(slot: number, publicKey: Uint8Array): DpeKeyPair {
    return { publicKey, sign: (data) => this.#sign(slot, publicKey, data) };
  }

  signWithAlias(data: SignData): Uint8Array {
    const { slot, publicKey } = this.#alias;
    return this.#sign(slot, publicKey, data);
  }

  #sign(slot: number, publicKey: Uint8Array, data: SignData): Uint8Array {
    const ecc = this.#algorithm === 'ecdsa-p384';
    if (data.kind === (ecc ? 'mu' : 'digest'))
      throw new DpeError('MismatchedAlgorithm', `${data.kind} under a key of ${this.#algorithm}`);
    const { drivers } = this.#context;
    return dpeRefusal(() => {
      if (ecc)
        return drivers.ecc384.sign({ slot }, publicKey, data.kind === 'message' ? this.hash(data.bytes) : data.bytes);
      return data.kind === 'mu'
        ? drivers.mldsa87.signMu({ slot }, publicKey, data.bytes)
        : drivers.mldsa87.sign({ slot }, publicKey, data.bytes);
    });
  }

  /** Erases what a command derived. */
  eraseDerived(): void {
    for (const slot of TEMPORARY_SLOTS) eraseKey(this.#context.chip, slot);
  }
}

/** Forgets an exported CDI's handle. @returns whether it was one */
export function revokeExportedCdi({ persistent: { dpe } }: FirmwareContext, handle: Uint8Array): boolean {
  const entry = dpe.get('exported_cdi');
  if (entry.active === 0 || !equalBytes(entry.handle, handle)) return false;
  dpe.set('exported_cdi', ExportedCdiEntry.decode(new Uint8Array(ExportedCdiEntry.size)));
  return true;
}
