import { bytesToHex, type HpkeKemId, hexToBytes } from '@rootcap/crypto';
import { encodePem } from '@rootcap/dice/x509';
import type { SelfEncryptingDrive } from './drive.ts';
import type { PartyGrant } from './root-of-trust.ts';

/** Parameters as JSON has them. */
export type DriveParams = Readonly<Record<string, unknown>>;

type Run = (drive: SelfEncryptingDrive, params: DriveParams) => unknown;

const KEMS: readonly HpkeKemId[] = [0x0011, 0x0042, 0x0051];

function invalid(name: string, expected: string): RangeError {
  return new RangeError(`${name}: expected ${expected}`);
}

function text(params: DriveParams, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw invalid(name, 'text');
  return value;
}

function optionalText(params: DriveParams, name: string): string | undefined {
  return params[name] === undefined ? undefined : text(params, name);
}

function integer(params: DriveParams, name: string): number {
  const value = params[name];
  if (!Number.isSafeInteger(value)) throw invalid(name, 'a whole number');
  return value as number;
}

function hex(value: unknown, name: string): Uint8Array {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/i.test(value)) throw invalid(name, 'hexadecimal digits');
  return hexToBytes(value);
}

function kem(params: DriveParams): HpkeKemId {
  const id = params.kemId ?? 0x0051;
  if (!KEMS.includes(id as HpkeKemId)) throw invalid('kemId', `one of ${KEMS.join(', ')}`);
  return id as HpkeKemId;
}

/** A grant of a key service, bytes in hexadecimal. */
function grant(params: DriveParams): PartyGrant {
  const given = params.grant as DriveParams | undefined;
  if (typeof given !== 'object' || given === null) throw invalid('grant', 'an object');
  const { info, enc, metadata, ciphertexts } = given;
  if (!Array.isArray(ciphertexts)) throw invalid('grant.ciphertexts', 'a list');
  return {
    kemId: kem(given),
    info: hex(info, 'grant.info'),
    enc: hex(enc, 'grant.enc'),
    metadata: hex(metadata, 'grant.metadata'),
    ciphertexts: ciphertexts.map((each) => hex(each, 'grant.ciphertexts')),
  };
}

function texts(params: DriveParams, name: string): string[] {
  const value = params[name] ?? [];
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) throw invalid(name, 'a list of texts');
  return value as string[];
}

const given = (entries: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

/** What can be asked of a running drive over its control socket: JSON in and out. */
export const DRIVE_VERBS = {
  status: (drive) => drive.status(),
  attest: (drive, params) => ({
    chain: drive
      .endorsedChain(kem(params))
      .map((der) => encodePem('CERTIFICATE', der))
      .join(''),
  }),
  unlock: (drive, params) => drive.unlock(text(params, 'range'), optionalText(params, 'pin')),
  lock: (drive, params) => drive.lock(text(params, 'range')),
  protect: (drive, params) =>
    drive.protect({
      name: text(params, 'range'),
      nsid: integer(params, 'nsid'),
      parties: texts(params, 'parties'),
      ...given({ start: params.start, end: params.end, pin: optionalText(params, 'pin') }),
    }),
  'change-pin': (drive, params) =>
    drive.changePin(text(params, 'range'), optionalText(params, 'pin'), text(params, 'to')),
  bind: (drive, params) => drive.bind(grant(params)),
  enable: (drive, params) => drive.enable(grant(params)),
  rotate: (drive, params) => drive.rotate(grant(params)),
  test: (drive, params) => ({ digest: bytesToHex(drive.test(grant(params), hex(params.nonce, 'nonce'))) }),
  'rotate-hpke-key': (drive, params) => drive.rotateHpkeKey(kem(params)),
  'erase-range': (drive, params) => drive.eraseRange(text(params, 'range')),
  'erase-party': (drive, params) => drive.eraseParty(text(params, 'party')),
  format: (drive, params) => drive.cryptoErase(integer(params, 'nsid')),
  'soft-erase': (drive) => drive.softErase(),
  'hard-erase': (drive) => drive.hardErase(),
  'power-cycle': async (drive) => {
    await drive.powerOff();
    await drive.powerOn();
  },
} as const satisfies Readonly<Record<string, Run>>;

export type DriveVerb = keyof typeof DRIVE_VERBS;
