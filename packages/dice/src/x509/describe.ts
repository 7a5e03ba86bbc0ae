import type { BitString } from '../der.ts';
import { TCB_TYPE } from '../layer-tcb.ts';
import { OID, oidName } from '../oids.ts';
import { type FirmwareId, OPERATIONAL_FLAGS, type OperationalFlag, type TcbInfo } from '../tcb-info.ts';
import type { Certificate, CertificateRequest } from './certificate.ts';
import { type HpkeIdentifiers, tcbInfosOf } from './extensions.ts';
import { type GuessedLayer, guessLayer, type LayerGuess, tcbTypeText } from './layer.ts';
import { NO_END, readableTime } from './time.ts';

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const TITLE: Readonly<Record<LayerGuess, string>> = {
  idevid: 'IDevID: the device itself, from its secret fuses',
  ldevid: 'LDevID: the device under its present field entropy',
  'fmc-alias': 'FMC alias: device, owner and vendor fuses, and the first mutable code',
  'rt-alias': 'RT alias: the running firmware',
  'dpe-leaf': 'DPE leaf: a key bound to everything measured below it',
  'dpe-exported-cdi': 'DPE exported CDI: a CA outside the device, bound to everything measured below it',
  'hpke-endorsement': 'endorsed HPKE key of OCP LOCK: access keys are sealed to it',
  root: 'self-signed CA',
  ca: 'CA of no known layer',
  'end-entity': 'end entity of no known layer',
};

const PURPOSE: Readonly<Record<string, string>> = {
  [OID.tcgDiceKpIdentityInit]: 'initial device identity',
  [OID.tcgDiceKpIdentityLoc]: 'local device identity',
  [OID.tcgDiceKpAttestInit]: 'initial attestation',
  [OID.tcgDiceKpAttestLoc]: 'local attestation',
  [OID.tcgDiceKpEca]: 'embedded CA',
  [OID.anyExtendedKeyUsage]: 'any',
};

const HASH: Readonly<Record<string, string>> = {
  [OID.sha256]: 'SHA-256',
  [OID.sha384]: 'SHA-384',
  [OID.sha512]: 'SHA-512',
};

const SUBJECT: Readonly<Record<string, string>> = {
  [TCB_TYPE.ownerInfo]: 'owner keys and owner fuses',
  [TCB_TYPE.vendorInfo]: 'vendor keys, lifecycle, debug state and vendor fuses',
  [TCB_TYPE.fmc]: 'FMC firmware',
  [TCB_TYPE.rt]: 'runtime firmware',
  [TCB_TYPE.deviceInfo20]: 'device state, vendor and owner keys',
  [TCB_TYPE.fmc20]: 'FMC firmware',
  [TCB_TYPE.rt20]: 'runtime firmware',
};

const digests = (fwids: readonly FirmwareId[]): string =>
  fwids.map(({ hashAlgorithm, digest }) => `${HASH[hashAlgorithm] ?? hashAlgorithm} ${hex(digest)}`).join(', ');

/** Words for a flag that is set, and for one that is clear. */
const FLAG_WORDS: Readonly<Record<Exclude<OperationalFlag, 'fixedWidth'>, readonly [set: string, clear: string]>> = {
  notConfigured: ['not configured (unprovisioned)', 'configured'],
  notSecure: ['not secure (manufacturing)', 'secure'],
  recovery: ['in recovery', 'not in recovery'],
  debug: ['debug unlocked', 'debug locked'],
};

const isSet = ({ bytes }: BitString, bit: number): boolean => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;

/** The flags in words; nothing of those outside the mask. */
function flagsText({ flags, flagsMask }: TcbInfo): string | undefined {
  if (flags === undefined) return undefined;
  const names = Object.keys(FLAG_WORDS) as (keyof typeof FLAG_WORDS)[];
  return names
    .filter((name) => flagsMask === undefined || isSet(flagsMask, OPERATIONAL_FLAGS[name]))
    .map((name) => FLAG_WORDS[name][isSet(flags, OPERATIONAL_FLAGS[name]) ? 0 : 1])
    .join(', ');
}

/** DPE writes its TCI type as a little-endian word: shown in the order in which its letters read. */
function typeText(tcb: TcbInfo): string {
  const text = tcbTypeText(tcb);
  if (text !== undefined && text.length !== 4) return SUBJECT[text] ?? `"${text}"`;
  if (tcb.type === undefined) return 'something without a type';
  if (text === undefined) return `type ${hex(tcb.type)}`;
  return `DPE measurement "${[...text].reverse().join('')}"`;
}

/** Caliptra writes 0x0100 | svn to keep the width of its template. */
function svnText(tcb: TcbInfo): string | undefined {
  if (tcb.svn === undefined) return undefined;
  const caliptra = (SUBJECT[tcbTypeText(tcb) ?? ''] ?? '') !== '';
  return `SVN ${caliptra && tcb.svn >= 0x100 && tcb.svn <= 0x1ff ? tcb.svn - 0x100 : tcb.svn}`;
}

function tcbLines(tcb: TcbInfo): string[] {
  const facts = [
    tcb.vendor === undefined ? undefined : `vendor "${tcb.vendor}"`,
    tcb.model === undefined ? undefined : `model "${tcb.model}"`,
    tcb.version === undefined ? undefined : `version "${tcb.version}"`,
    tcb.layer === undefined ? undefined : `layer ${tcb.layer}`,
    tcb.index === undefined ? undefined : `index ${tcb.index}`,
    svnText(tcb),
    tcb.fwids === undefined ? undefined : digests(tcb.fwids),
    flagsText(tcb),
    tcb.vendorInfo === undefined ? undefined : `vendor information ${hex(tcb.vendorInfo)}`,
  ].filter((fact) => fact !== undefined);
  const registers = (tcb.integrityRegisters ?? []).map(
    ({ registerName, registerNum, registerDigests }) =>
      `    register ${registerName ?? registerNum ?? ''}: ${digests(registerDigests)}`,
  );
  return [`  ${typeText(tcb)}: ${facts.length === 0 ? 'nothing' : facts.join('; ')}`, ...registers];
}

function authorityText({ decoded }: Certificate | CertificateRequest): string {
  const { basicConstraints, keyUsage } = decoded;
  if (!basicConstraints?.ca) return 'may not issue certificates';
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign'))
    return 'is called a CA but its key may not sign certificates';
  const { pathLen } = basicConstraints;
  if (pathLen === undefined) return 'may issue certificates, with any number of CAs below it';
  return `may issue certificates, with at most ${pathLen} ${pathLen === 1 ? 'CA' : 'CAs'} below it`;
}

function headline(certificate: Certificate | CertificateRequest, { layer, basis, generation }: GuessedLayer): string {
  const form = certificate.kind === 'request' ? 'request' : 'certificate';
  const of = generation === undefined ? '' : ` of Caliptra ${generation}`;
  return `${form}${of}, ${certificate.publicKey.algorithm} — ${TITLE[layer]} (by its ${basis})`;
}

function issuedLines(certificate: Certificate): string[] {
  const { notBefore, notAfter } = certificate.validity;
  const end = notAfter === NO_END ? 'no well-defined end' : readableTime(notAfter);
  return [
    `  issuer ${certificate.issuer.text === '' ? '(empty)' : certificate.issuer.text}`,
    `  serial number ${hex(certificate.serialNumber)}`,
    `  valid from ${readableTime(notBefore)} to ${end}`,
  ];
}

const KEMS: Readonly<Record<number, string>> = {
  17: 'P-384',
  66: 'ML-KEM-1024',
  81: 'MLKEM1024-P384',
};

function hpkeLine({ kemId, kdfId, aeadId }: HpkeIdentifiers): string {
  return `  HPKE suite: KEM ${kemId}${KEMS[kemId] === undefined ? '' : ` (${KEMS[kemId]})`}, KDF ${kdfId}, AEAD ${aeadId}`;
}

/**
 * What a certificate or request claims, in words, one claim a line. It also takes certificates of unknown origin.
 * Nothing is verified here.
 */
export function describe(certificate: Certificate | CertificateRequest): string {
  const { decoded, extensions } = certificate;
  const { keyUsage, extendedKeyUsage, ueid, subjectKeyIdentifier, authorityKeyIdentifier, hpkeIdentifiers } = decoded;
  const known = [OID.basicConstraints, OID.keyUsage, OID.extendedKeyUsage, OID.subjectKeyIdentifier];
  const shown: readonly string[] = [
    ...known,
    OID.authorityKeyIdentifier,
    OID.tcgDiceUeid,
    OID.tcgDiceTcbInfo,
    OID.tcgDiceMultiTcbInfo,
    OID.tcgStorageHpkeIdentifiers,
  ];
  const others = extensions.filter(({ oid }) => !shown.includes(oid));
  return [
    headline(certificate, guessLayer(certificate)),
    `  subject ${certificate.subject.text === '' ? '(empty)' : certificate.subject.text}`,
    ...(certificate.kind === 'certificate' ? issuedLines(certificate) : []),
    `  ${authorityText(certificate)}`,
    ...(keyUsage === undefined ? [] : [`  key usage: ${keyUsage.join(', ')}`]),
    ...(extendedKeyUsage === undefined
      ? []
      : [`  purposes: ${extendedKeyUsage.map((purpose) => PURPOSE[purpose] ?? purpose).join(', ')}`]),
    ...(hpkeIdentifiers === undefined ? [] : [hpkeLine(hpkeIdentifiers)]),
    ...(ueid === undefined ? [] : [`  UEID ${hex(ueid)}`]),
    ...tcbInfosOf(decoded).flatMap(tcbLines),
    ...(subjectKeyIdentifier === undefined ? [] : [`  key identifier ${hex(subjectKeyIdentifier)}`]),
    ...(authorityKeyIdentifier?.keyIdentifier === undefined
      ? []
      : [`  issued under key ${hex(authorityKeyIdentifier.keyIdentifier)}`]),
    ...others.map(({ oid, critical }) => `  ${critical ? 'critical ' : ''}extension ${oidName(oid)}, not shown`),
  ].join('\n');
}

/** {@link describe} for every certificate, numbered in the given order. */
export function describeChain(certificates: readonly Certificate[]): string {
  return certificates.map((certificate, i) => `[${i}] ${describe(certificate)}`).join('\n');
}
