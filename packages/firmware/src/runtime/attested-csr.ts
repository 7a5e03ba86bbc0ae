import { assembleCsr, type DiceAlgorithm, der, ldevidCsrTbs, rtAliasCsrTbs, rtTcbInfo } from '@rootcap/dice';
import { RotError } from '@rootcap/errors';
import { swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../context.ts';
import { type LayerKey, signWith } from '../dice-layer.ts';
import { requireFmcAliasCsr } from '../fmc/fmc-alias-csr.ts';
import { deviceUeid } from '../fuses.ts';
import { registerForm } from '../rom/certificates.ts';
import { aliasKey, ldevidKey, rederiveAlias } from './alias-keys.ts';
import { COSE_ALGORITHM, cbor, coseSign1Cwt } from './cose.ts';

/** Claims of a CSR in an Entity Attestation Token. @see caliptra-sw:ocp-eat/src/csr_eat.rs */
const CLAIM = { nonce: 10, csr: -70001, attributes: -70002 } as const;
const TAG_OID = 111;
/** Key derivation attributes, as the firmware encodes them; the OCP's own arc is 42623. */
const OCP_KEY_DERIVATION = '1.3.6.1.4.1.42655.1.2';

interface AttestedKey {
  /** Last arc of the attribute that tells from what the key is derived. */
  readonly attribute: number;
  csr(context: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array;
}

/** Keys that a client may ask for, by `key_id`. */
const ATTESTED_KEYS: Readonly<Record<number, AttestedKey>> = {
  1: { attribute: 1, csr: ldevidCsr },
  2: { attribute: 2, csr: requireFmcAliasCsr },
  3: { attribute: 3, csr: rtAliasCsr },
};

/** Signed with nothing: the token around it vouches for the key. */
function ldevidCsr(context: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array {
  const { encoded, subjectSerialNumber } = ldevidKey(context, algorithm);
  const tbs = ldevidCsrTbs(algorithm, {
    generation: context.profile.templates,
    ueid: deviceUeid(context.chip.soc),
    publicKey: encoded,
    subjectSerialNumber,
  });
  return assembleCsr(algorithm, tbs, new Uint8Array(algorithm === 'ecdsa-p384' ? 96 : 4627));
}

function rtAliasCsr(context: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array {
  const { dataVault } = context.persistent;
  const generation = context.profile.templates;
  const key = aliasKey(context, algorithm);
  const tbs = rtAliasCsrTbs(algorithm, {
    generation,
    ueid: deviceUeid(context.chip.soc),
    publicKey: key.encoded,
    subjectSerialNumber: key.subjectSerialNumber,
    tcbInfo: rtTcbInfo({ rtTci: dataVault.get('rt_tci'), fwSvn: dataVault.get('fw_svn') & 0xff }, generation),
  });
  return assembleCsr(algorithm, tbs, signWith(context, algorithm, key, tbs));
}

/**
 * The CSR of a layer's key in a token that the RT alias key signs: COSE_Sign1 of { nonce, CSR, attributes }.
 *
 * Unlike COSE, the firmware's ML-DSA signature is over the SHA-384 of the Sig_structure, its words little-endian, and
 * carries a padding byte.
 *
 * @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS for another key, or because the layer has no CSR
 * @see caliptra-sw:runtime/src/attested_csr/mod.rs
 */
export function attestedCsr(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  keyId: number,
  nonce: Uint8Array,
): Uint8Array {
  const attested = ATTESTED_KEYS[keyId];
  if (attested === undefined) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `key_id ${keyId}`);
  const payload = claims(attested, attested.csr(context, algorithm), nonce);
  const alias = aliasKey(context, algorithm);
  // Once for `kid`, once for the signature.
  rederiveAlias(context, algorithm);
  return coseSign1Cwt({
    algorithm: algorithm === 'ecdsa-p384' ? COSE_ALGORITHM.ESP384 : COSE_ALGORITHM['ML-DSA-87'],
    kid: alias.subjectKeyIdentifier,
    payload,
    sign: (toBeSigned) => signToken(context, algorithm, alias, toBeSigned),
  });
}

function claims({ attribute }: AttestedKey, csr: Uint8Array, nonce: Uint8Array): Uint8Array {
  const oid = der.oid(`${OCP_KEY_DERIVATION}.${attribute}`).subarray(2);
  return cbor.map(
    [CLAIM.nonce, cbor.bytes(nonce)],
    [CLAIM.csr, cbor.bytes(csr)],
    [CLAIM.attributes, cbor.array(cbor.tag(TAG_OID, cbor.bytes(oid)))],
  );
}

function signToken(
  context: FirmwareContext,
  algorithm: DiceAlgorithm,
  { slot, publicKey }: LayerKey,
  toBeSigned: Uint8Array,
): Uint8Array {
  const { chip, drivers } = context;
  const digest = chip.sha512.digest('sha384', toBeSigned);
  return algorithm === 'ecdsa-p384'
    ? drivers.ecc384.sign({ slot }, publicKey, digest)
    : registerForm(algorithm, drivers.mldsa87.sign({ slot }, publicKey, swapWords(digest)));
}
