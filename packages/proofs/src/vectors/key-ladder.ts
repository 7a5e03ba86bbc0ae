import { createDecipheriv, createECDH, createHmac } from 'node:crypto';

/**
 * The key ladder of a device with nothing but Node's cryptography (OpenSSL) and the formulas of the firmware: the oracle
 * of `test-vectors/key-ladder.json`. Nothing of this project's own packages may be used here.
 */

/** What a device's keys come from. Hexadecimal, natural byte order. */
export interface LadderInputs {
  readonly obf_key: string;
  readonly uds_seed: string;
  readonly field_entropy: string;
  readonly lifecycle: 'Unprovisioned' | 'Manufacturing' | 'Production';
  readonly debug_locked: boolean;
  /** SVN of the firmware. */
  readonly fw_svn: number;
  /** PCR 0 when ROM hands over, 48 bytes. */
  readonly pcr0: string;
  /** SHA-384 of the runtime, 48 bytes. */
  readonly rt_tci: string;
}

/** Keys of one layer: CDI, P-384 key pair, and the seed of the ML-DSA-87 key. */
interface LayerKeys {
  readonly cdi: string;
  readonly ecc_private_key: string;
  readonly ecc_public_key: string;
  readonly mldsa_seed: string;
}

export interface Ladder {
  readonly uds: string;
  readonly field_entropy: string;
  readonly stable_identity_root_idev: string;
  readonly stable_identity_root_ldev: string;
  readonly firmware_ladder: string;
  readonly idevid: LayerKeys;
  readonly ldevid: LayerKeys;
  readonly fmc_alias: LayerKeys;
  readonly rt_alias: LayerKeys;
}

const LIFECYCLE = { Unprovisioned: 0, Manufacturing: 1, Production: 3 } as const;
const MAX_SVN = 128;
/** Initialisation vector of each deobfuscation. caliptra-sw:rom/dev/src/flow/cold_reset/idev_id.rs */
const DOE_IV = Buffer.from('fb10365ba1179741fba193a10f406d7e', 'hex');
const P384_ORDER = BigInt(
  '0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);

const mac = (hash: 'sha384' | 'sha512', key: Buffer, ...parts: readonly Buffer[]): Buffer =>
  parts.reduce((hmac, part) => hmac.update(part), createHmac(hash, key)).digest();

/** `HMAC-SHA-512(key, 00000001 ‖ label ‖ [00 ‖ context])` */
function kdf(key: Buffer, label: string, context?: Buffer): Buffer {
  const tail = context === undefined ? [] : [Buffer.of(0), context];
  return mac('sha512', key, Buffer.of(0, 0, 0, 1), Buffer.from(label, 'ascii'), ...tail);
}

function deobfuscate(key: string, secret: string): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', Buffer.from(key, 'hex'), DOE_IV).setAutoPadding(false);
  return Buffer.concat([decipher.update(Buffer.from(secret, 'hex')), decipher.final()]);
}

/** HMAC_DRBG, SHA-384, without reseeding: SP 800-90A Rev. 1 §10.1.2. Gives 48 bytes at a time. */
function* hmacDrbg(seed: Buffer): Generator<Buffer> {
  let key = Buffer.alloc(48);
  let value = Buffer.alloc(48, 1);
  const update = (data: Buffer): void => {
    for (const tag of data.length > 0 ? [0, 1] : [0]) {
      key = mac('sha384', key, value, Buffer.of(tag), data) as Buffer<ArrayBuffer>;
      value = mac('sha384', key, value) as Buffer<ArrayBuffer>;
    }
  };
  update(seed);
  while (true) {
    value = mac('sha384', key, value) as Buffer<ArrayBuffer>;
    yield value;
    update(Buffer.alloc(0));
  }
}

/** Key generation of the ECC block: the first candidate in 1..n-1, from 48 bytes of seed and a nonce of zeros. */
function eccPrivateKey(seed: Buffer): Buffer {
  for (const candidate of hmacDrbg(Buffer.concat([seed.subarray(0, 48), Buffer.alloc(48)]))) {
    const scalar = BigInt(`0x${candidate.toString('hex')}`);
    if (scalar > 0n && scalar < P384_ORDER) return candidate;
  }
  throw new RangeError('unreachable: the generator never ends');
}

function layerKeys(cdi: Buffer, eccLabel: string, mldsaLabel: string): LayerKeys {
  const ecdh = createECDH('secp384r1');
  const privateKey = eccPrivateKey(kdf(cdi, eccLabel));
  ecdh.setPrivateKey(privateKey);
  // The accelerator reads the words of a key-vault entry backwards.
  const seed = Buffer.from(kdf(cdi, mldsaLabel).subarray(0, 32)).reverse();
  return {
    cdi: cdi.toString('hex'),
    ecc_private_key: privateKey.toString('hex'),
    ecc_public_key: ecdh.getPublicKey('hex').slice(2),
    mldsa_seed: seed.toString('hex'),
  };
}

function firmwareLadder(ldevidCdi: Buffer, { lifecycle, debug_locked, fw_svn }: LadderInputs): Buffer {
  let secret = kdf(ldevidCdi, 'si_init', Buffer.of(LIFECYCLE[lifecycle], debug_locked ? 1 : 0));
  for (let svn = fw_svn; svn < MAX_SVN; svn++) secret = kdf(secret, 'si_extend');
  return secret;
}

/** Everything that comes out of a device's fuses and measurements. */
export function keyLadder(inputs: LadderInputs): Ladder {
  const uds = deobfuscate(inputs.obf_key, inputs.uds_seed);
  const fieldEntropy = deobfuscate(inputs.obf_key, inputs.field_entropy);
  const idevidCdi = kdf(uds, 'idevid_cdi');
  const ldevidCdi = mac('sha512', mac('sha512', idevidCdi, Buffer.from('ldevid_cdi')), fieldEntropy);
  const fmcCdi = kdf(ldevidCdi, 'alias_fmc_cdi', Buffer.from(inputs.pcr0, 'hex'));
  const rtCdi = kdf(fmcCdi, 'alias_rt_cdi', Buffer.from(inputs.rt_tci, 'hex'));
  return {
    uds: uds.toString('hex'),
    field_entropy: fieldEntropy.toString('hex'),
    stable_identity_root_idev: kdf(idevidCdi, 'stable_identity_root_idev').toString('hex'),
    stable_identity_root_ldev: kdf(ldevidCdi, 'stable_identity_root_ldev').toString('hex'),
    firmware_ladder: firmwareLadder(ldevidCdi, inputs).toString('hex'),
    idevid: layerKeys(idevidCdi, 'idevid_ecc_key', 'idevid_mldsa_key'),
    ldevid: layerKeys(ldevidCdi, 'ldevid_ecc_key', 'ldevid_mldsa_key'),
    fmc_alias: layerKeys(fmcCdi, 'alias_fmc_ecc_key', 'alias_fmc_mldsa_key'),
    rt_alias: layerKeys(rtCdi, 'alias_rt_ecc_key', 'alias_rt_mldsa_key'),
  };
}
