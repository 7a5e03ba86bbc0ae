import { utf8ToBytes } from '@rootcap/crypto';
import {
  assembleCsr,
  CSR_ENVELOPE,
  CSR_ENVELOPE_MARKER,
  type DiceAlgorithm,
  idevidCsrTbs,
  idevidKeyIdentifier,
} from '@rootcap/dice';
import { RotError } from '@rootcap/errors';
import { KeyUsage } from '@rootcap/hardware';
import { csrLine } from '../console.ts';
import type { FirmwareContext } from '../context.ts';
import { type Firmware, mailboxIdle, report } from '../coroutine.ts';
import { type DiceLayer, deriveKeyPairs, describeLayer, signWith } from '../dice-layer.ts';
import { eraseKey } from '../drivers/key-vault.ts';
import { deviceUeid, idevidCertAttr } from '../fuses.ts';
import { CDI_USAGE, KEY_ID } from '../key-ids.ts';
import { UNPROVISIONED_CSR } from '../memory/persistent-data.ts';
import { deriveOcpLockKeys } from './ocp-lock.ts';

const STABLE_OWNER_ROOT_KEY_LABEL = 'stable_owner_root_key';

/**
 * Initial device identity: from the obfuscated secrets in fuses to the IDevID keys, and to their CSRs if the
 * manufacturer asks for them.
 *
 * @see caliptra-sw:rom/dev/src/flow/cold_reset/idev_id.rs
 */
export function* deriveIdevid(context: FirmwareContext): Firmware<DiceLayer> {
  const { chip, persistent } = context;
  const csrRequested = (chip.soc.get('CPTRA_DBG_MANUF_SERVICE_REG') & 1) !== 0;
  if (!csrRequested) setReadyForMailbox(context);

  chip.doe.decrypt('UDS', KEY_ID.UDS);
  yield* report(context, 'IDevIdDecryptUdsComplete');
  chip.doe.decrypt('FE', KEY_ID.FE);
  yield* report(context, 'IDevIdDecryptFeComplete');
  if (stableOwnerKeyAvailable(context)) yield* deriveStableOwnerRootKey(context);
  if (chip.soc.ocpLockEnabled) chip.doe.decrypt('HEK', KEY_ID.HEK_SEED);
  chip.doe.clearSecrets();
  yield* report(context, 'IDevIdClearDoeSecretsComplete');

  context.drivers.hmac.kdf({ slot: KEY_ID.UDS }, 'idevid_cdi', { slot: KEY_ID.ROM_FMC_CDI, usage: CDI_USAGE });
  eraseKey(chip, KEY_ID.UDS);
  yield* report(context, 'IDevIdCdiDerivationComplete');
  if (chip.soc.ocpLockEnabled) deriveOcpLockKeys(context);

  const layer = yield* deriveKeys(context);
  if (csrRequested) yield* sendCsrEnvelope(context, layer);
  else resetCsrEnvelope(context);
  if (chip.soc.field('CPTRA_FLOW_STATUS', 'ready_for_mb_processing') === 0) setReadyForMailbox(context);

  persistent.fht.set('idev_dice_ecdsa_pub_key', layer['ecdsa-p384'].publicKey);
  persistent.rom.set('idevid_mldsa_pub_key', layer.mldsa87.publicKey);
  yield* report(context, 'IDevIdDerivationComplete');
  return layer;
}

/** A plain write: every other flag of the register goes to 0. */
function setReadyForMailbox({ chip }: FirmwareContext): void {
  chip.soc.set('CPTRA_FLOW_STATUS', 0);
  chip.soc.setField('CPTRA_FLOW_STATUS', 'ready_for_mb_processing', 1);
}

/** Subsystem mode with its strap set, since 2.1, and no OCP LOCK, which needs the HEK seed for itself. */
export function stableOwnerKeyAvailable({ chip: { soc }, profile }: FirmwareContext): boolean {
  return (
    profile.stableOwnerKey && soc.subsystemMode && !soc.ocpLockEnabled && (soc.get('SS_STRAP_GENERIC', 3) & 1) !== 0
  );
}

/**
 * HKDF with the HEK seed as keying material: hardware allows the seed as HMAC block only, which is what HKDF-Extract
 * needs. The temporary slot is erased in every case.
 */
function* deriveStableOwnerRootKey(context: FirmwareContext): Firmware {
  const { chip, drivers } = context;
  chip.doe.decrypt('HEK', KEY_ID.HEK_SEED);
  yield* report(context, 'IDevIdDecryptHekSeedComplete');
  const salt = new Uint8Array(64);
  salt.set(utf8ToBytes(STABLE_OWNER_ROOT_KEY_LABEL));
  const temporary = { slot: KEY_ID.HEK_SEED, usage: KeyUsage.HMAC_KEY };
  try {
    drivers.hmac.macToSlot(salt, { slot: KEY_ID.HEK_SEED }, temporary);
    const output = { slot: KEY_ID.STABLE_OWNER, usage: KeyUsage.AES_KEY };
    drivers.hmac.kdf(temporary, STABLE_OWNER_ROOT_KEY_LABEL, output);
    chip.keyVault.lockWrite(KEY_ID.STABLE_OWNER);
  } finally {
    eraseKey(chip, KEY_ID.HEK_SEED);
  }
  yield* report(context, 'IDevIdStableOwnerRootKeyDerivationComplete');
}

function* deriveKeys(context: FirmwareContext): Firmware<DiceLayer> {
  const slots = { ecc: KEY_ID.IDEVID_ECDSA_PRIV_KEY, mldsa: KEY_ID.IDEVID_MLDSA_KEYPAIR_SEED };
  const labels = { ecc: 'idevid_ecc_key', mldsa: 'idevid_mldsa_key' };
  const publicKeys = deriveKeyPairs(context, KEY_ID.ROM_FMC_CDI, slots, labels);
  yield* report(context, 'IDevIdKeyPairDerivationComplete');
  const layer = withFusedKeyIds(context, describeLayer(context, slots, publicKeys));
  yield* report(context, 'IDevIdSubjIdSnGenerationComplete');
  yield* report(context, 'IDevIdSubjKeyIdGenerationComplete');
  return layer;
}

/** Fuses choose how the key identifiers of IDevID are made; every other layer takes SHA-256. */
function withFusedKeyIds({ chip, provider }: FirmwareContext, layer: DiceLayer): DiceLayer {
  const attributes = idevidCertAttr(chip.soc);
  const keyId = (algorithm: DiceAlgorithm): Uint8Array =>
    idevidKeyIdentifier(provider, algorithm, layer[algorithm].encoded, attributes);
  return {
    'ecdsa-p384': { ...layer['ecdsa-p384'], subjectKeyIdentifier: keyId('ecdsa-p384') },
    mldsa87: { ...layer.mldsa87, subjectKeyIdentifier: keyId('mldsa87') },
  };
}

function resetCsrEnvelope({ persistent }: FirmwareContext): void {
  persistent.rom.set('idevid_csr_envelop', CSR_ENVELOPE.encode(emptyEnvelope()));
}

function emptyEnvelope(): ReturnType<typeof CSR_ENVELOPE.decode> {
  return {
    marker: CSR_ENVELOPE_MARKER,
    size: CSR_ENVELOPE.size,
    eccCsrLength: UNPROVISIONED_CSR,
    eccCsr: new Uint8Array(512),
    mldsaCsrLength: UNPROVISIONED_CSR,
    mldsaCsr: new Uint8Array(8192),
    mac: new Uint8Array(64),
  };
}

function makeCsr(context: FirmwareContext, algorithm: DiceAlgorithm, layer: DiceLayer): Uint8Array {
  const key = layer[algorithm];
  const tbs = idevidCsrTbs(algorithm, {
    generation: context.profile.templates,
    ueid: deviceUeid(context.chip.soc),
    publicKey: key.encoded,
    subjectSerialNumber: key.subjectSerialNumber,
  });
  return assembleCsr(algorithm, tbs, signWith(context, algorithm, key, tbs));
}

function padded(data: Uint8Array, size: number): Uint8Array {
  if (data.length > size) throw new RotError('ROM_IDEVID_CSR_OVERFLOW');
  const output = new Uint8Array(size);
  output.set(data);
  return output;
}

/** Makes both CSRs, seals them with the CSR key, and hands them over through the mailbox. */
function* sendCsrEnvelope(context: FirmwareContext, layer: DiceLayer): Firmware {
  const { chip, drivers, persistent } = context;
  const ecc = makeCsr(context, 'ecdsa-p384', layer);
  context.print(csrLine(ecc));
  const mldsa = makeCsr(context, 'mldsa87', layer);
  const envelope = {
    ...emptyEnvelope(),
    eccCsrLength: ecc.length,
    eccCsr: padded(ecc, 512),
    mldsaCsrLength: mldsa.length,
    mldsaCsr: padded(mldsa, 8192),
  };
  const sealedPart = CSR_ENVELOPE.encode(envelope).subarray(0, CSR_ENVELOPE.offsetOf('mac'));
  const encoded = CSR_ENVELOPE.encode({ ...envelope, mac: drivers.hmac.mac('sha512', 'csr', sealedPart) });
  persistent.rom.set('idevid_csr_envelop', encoded);

  while (!chip.mailbox.ucSend(0, encoded)) yield { for: 'mailbox-idle', ready: () => mailboxIdle(context) };
  chip.soc.set('CPTRA_FLOW_STATUS', 0);
  chip.soc.setField('CPTRA_FLOW_STATUS', 'idevid_csr_ready', 1);
  const requested = (): boolean => (chip.soc.get('CPTRA_DBG_MANUF_SERVICE_REG') & 1) !== 0;
  while (requested()) yield { for: 'csr-consumed', ready: () => !requested() };
  completeSend(context);
  yield* report(context, 'IDevIdSendCsrEnvelopeComplete');
  yield* report(context, 'IDevIdMakeCsrEnvelopeComplete');
}

/** The SoC acknowledges without an answer; anything else is a protocol error. */
function completeSend({ chip }: FirmwareContext): void {
  const status = chip.mailbox.ucResponseStatus();
  chip.mailbox.ucRelease();
  if (status === 'DATA_READY') throw new RotError('DRIVER_MAILBOX_FSM_ERROR');
}
