import { readFileSync } from 'node:fs';
import { nodeProvider } from '@rootcap/crypto/node';
import { parseCertificate } from '@rootcap/dice/x509';
import {
  type DpeEnvironment,
  type DpePlatform,
  type DpeProfile,
  DpeState,
  PROFILES,
  STATE_FLAGS,
  SUPPORT,
} from '@rootcap/dpe';
import { simulatorCrypto } from '@rootcap/dpe/simulator';
import { hasPack, packPath } from '@rootcap/vectors';

/** Whether the recordings of the reference simulator are here. */
export const hasVectors = hasPack('dpe');

interface RecordedCommand {
  readonly n: number;
  readonly command: string;
  readonly note: string;
  readonly locality: number;
  readonly request: string;
  readonly status: number;
  readonly response: string;
}

interface Scenario {
  readonly scenario: string;
  readonly args: readonly string[];
  readonly commands: readonly RecordedCommand[];
}

/** What the reference simulator answered: see `source`, `rng` and `alias` in each file. */
export interface Recording {
  readonly profile: string;
  readonly profileId: number;
  readonly rng: { readonly stream: string };
  readonly alias: { readonly keyDer: string; readonly certDer: string };
  readonly platform: {
    readonly autoInitLocality: number;
    readonly vendorId: number;
    readonly vendorSku: number;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly exportUeid: string;
  };
  readonly scenarios: readonly Scenario[];
}

export function recordings(): Recording[] {
  if (!hasVectors) return [];
  return ['p256', 'p384', 'mldsa87'].map(
    (name) => JSON.parse(readFileSync(packPath('dpe', `${name}.json`), 'utf8')) as Recording,
  );
}

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const unhex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));

export const provider = nodeProvider();

/** Random bytes from a recorded stream. */
function recordedEntropy(stream: Uint8Array) {
  let used = 0;
  return {
    bytes(length: number): Uint8Array {
      used += length;
      return stream.slice(used - length, used);
    },
  };
}

/** Private scalar of a SEC 1 key, or seed of a PKCS#8 ML-DSA key: the longest OCTET STRING without structure. */
function secretOf({ hashSize, algorithm }: DpeProfile, key: Uint8Array): Uint8Array {
  if (algorithm === 'mldsa87') return key.slice(-32);
  const at = Buffer.from(key).indexOf(Buffer.of(0x04, hashSize)) + 2;
  return key.slice(at, at + hashSize);
}

function recordedPlatform({ alias, platform }: Recording): DpePlatform {
  const certificateChain = unhex(alias.certDer);
  const certificate = parseCertificate(certificateChain);
  const ski = certificate.decoded.subjectKeyIdentifier;
  if (ski === undefined) throw new Error('the recorded issuer has no key identifier');
  return {
    vendorId: platform.vendorId,
    vendorSku: platform.vendorSku,
    certificateChain,
    issuerName: certificate.issuer.der,
    issuerKeyIdentifier: ski,
    signerIdentifier: { issuer: certificate.issuer.der, serialNumber: certificate.serialNumber },
    validity: { notBefore: latin1(platform.notBefore), notAfter: latin1(platform.notAfter) },
    ueid: unhex(platform.exportUeid),
  };
}

export function supportOf(args: readonly string[]): number {
  let support = 0;
  for (const [feature, bit] of Object.entries(SUPPORT))
    if (args.includes(`--supports-${feature.toLowerCase().replaceAll('_', '-')}`)) support = (support | bit) >>> 0;
  return support;
}

/** The environment that a scenario was recorded in. */
export function recordedEnvironment(recording: Recording, args: readonly string[]): DpeEnvironment {
  const profile = PROFILES.get(recording.profileId);
  if (profile === undefined) throw new Error(`profile ${recording.profileId}`);
  return {
    profile,
    state: DpeState.create({
      hashSize: profile.hashSize,
      support: supportOf(args),
      flags: args.includes('--mark-dice-extensions-critical') ? STATE_FLAGS.MARK_DICE_EXTENSIONS_CRITICAL : 0,
    }),
    crypto: simulatorCrypto({
      provider,
      profile,
      aliasKey: secretOf(profile, unhex(recording.alias.keyDer)),
      entropy: recordedEntropy(unhex(recording.rng.stream)),
    }),
    platform: recordedPlatform(recording),
  };
}
