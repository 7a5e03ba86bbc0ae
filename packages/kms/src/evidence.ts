import { bytesToHex, bytesToUtf8, type CryptoProvider } from '@rootcap/crypto';
import {
  type BitString,
  type DiceAlgorithm,
  keyIdentity,
  OPERATIONAL_FLAGS,
  type OperationalFlag,
  TCB_TYPE,
  type TcbInfo,
} from '@rootcap/dice';
import {
  type Certificate,
  type ChainResult,
  type EndorsedHpkeKey,
  endorsedHpkeKey,
  guessLayer,
  type LayerGuess,
  tcbInfosOf,
  validateChain,
  X509Error,
} from '@rootcap/dice/x509';
import { type ChainMemory, chainMemory } from './chain-memory.ts';
import { KmsError } from './error.ts';

/** Who a device is: the key that its vendor certified, from fuses that never change. */
export interface DeviceIdentity {
  /** SHA-256 of the IDevID public key, 64 lower-case hexadecimal digits. */
  readonly id: string;
  readonly algorithm: DiceAlgorithm;
  readonly ueid: Uint8Array | undefined;
}

/** What a verified chain shows. */
export interface Evidence {
  readonly identity: DeviceIdentity;
  /** Operational flags that say it is not in its secure state. */
  readonly insecure: readonly OperationalFlag[];
  /**
   * Digest of what the vendor put into the fuses, the lifecycle, whether debug is locked, and SVN and vendor key of the firmware, 96 hexadecimal
   * digits. Any of these changed, it is another.
   */
  readonly deviceState: string | undefined;
  /** Claims of all layers, root first. */
  readonly tcbInfos: readonly TcbInfo[];
  /** The HPKE key that the last certificate endorses, if it is an endorsement. */
  readonly hpke: EndorsedHpkeKey | undefined;
  /** SHA-384 of the last certificate. */
  readonly leaf: string;
}

export interface EvidenceOptions {
  readonly provider: CryptoProvider;
  /** DER of the vendor roots that are believed. */
  readonly roots: readonly Uint8Array[];
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** For a service that judges many chains. Default: none. */
  readonly memory?: ChainMemory;
}

/** Layers from the device's identity down. A DPE may stack several exported CDIs. */
const BELOW_IDENTITY: readonly LayerGuess[] = ['ldevid', 'fmc-alias', 'rt-alias'];

/** Flags that a device in the field does not have. */
const INSECURE: readonly OperationalFlag[] = ['notConfigured', 'notSecure', 'recovery', 'debug'];

const isSet = ({ bytes }: BitString, bit: number): boolean => ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;

function insecureFlags(tcbInfos: readonly TcbInfo[]): OperationalFlag[] {
  return INSECURE.filter((flag) =>
    tcbInfos.some(({ flags }) => flags !== undefined && isSet(flags, OPERATIONAL_FLAGS[flag])),
  );
}

/** Types of the claim about the device itself: that of 2.1, and that of 2.0. */
const DEVICE_CLAIMS: readonly string[] = [TCB_TYPE.vendorInfo, TCB_TYPE.deviceInfo20];

function deviceStateOf(tcbInfos: readonly TcbInfo[]): string | undefined {
  const claim = tcbInfos.find(({ type }) => type !== undefined && DEVICE_CLAIMS.includes(bytesToUtf8(type)));
  const digest = claim?.fwids?.[0]?.digest;
  return digest === undefined ? undefined : bytesToHex(digest);
}

function checkedChain(
  { provider, roots, at, memory = chainMemory(provider) }: EvidenceOptions,
  certificates: readonly Uint8Array[],
): ChainResult {
  const result = validateChain(certificates.map(memory.read), {
    provider: memory.provider,
    trustAnchors: roots.map(memory.read),
    at,
  });
  if (result.valid && result.anchor === 'trusted') return result;
  const { certificate = -1, text = 'no trust anchor' } =
    result.findings.find(({ severity }) => severity === 'error') ?? {};
  throw new KmsError('untrusted-chain', `${certificate < 0 ? '' : `certificate ${certificate}: `}${text}`);
}

/**
 * The layers below the vendor's CAs. Names alone prove nothing, so their order is what counts: the first IDevID from the
 * top is the one that the vendor issued, and every layer below it is where the layer above put it.
 */
function layersOf(chain: readonly Certificate[]): {
  readonly idevid: Certificate;
  readonly rest: readonly Certificate[];
} {
  const layers = chain.map((certificate) => guessLayer(certificate).layer);
  const at = layers.indexOf('idevid');
  const idevid = chain[at];
  if (idevid === undefined) throw new KmsError('no-identity', 'no IDevID certificate in the chain');
  BELOW_IDENTITY.forEach((layer, i) => {
    const found = layers[at + 1 + i];
    if (found !== layer) throw new KmsError('no-identity', `expected layer ${layer}, got ${found ?? 'the end'}`);
  });
  const below = layers.slice(at + 1 + BELOW_IDENTITY.length);
  const stray = below.find((layer, i) => {
    const last = i === below.length - 1;
    return layer !== 'dpe-exported-cdi' && !(last && layer === 'hpke-endorsement');
  });
  if (stray !== undefined) throw new KmsError('no-identity', `layer ${stray} has no place below RT alias`);
  return { idevid, rest: chain.slice(at + 1) };
}

function endorsementOf(leaf: Certificate): EndorsedHpkeKey | undefined {
  if (guessLayer(leaf).layer !== 'hpke-endorsement') return undefined;
  try {
    return endorsedHpkeKey(leaf);
  } catch (cause) {
    if (cause instanceof X509Error) throw new KmsError('no-endorsement', cause.message, { cause });
    throw cause;
  }
}

function identityOf(provider: CryptoProvider, { publicKey, decoded }: Certificate): DeviceIdentity {
  const { algorithm, bytes } = publicKey;
  if (algorithm !== 'ecdsa-p384' && algorithm !== 'mldsa87')
    throw new KmsError('no-identity', `IDevID has a key of ${algorithm}`);
  return { id: keyIdentity(provider, bytes).subjectSerialNumber.toLowerCase(), algorithm, ueid: decoded.ueid };
}

/**
 * Verifies a device's chain up to a pinned vendor root and takes from it who the device is, what state it is in, and the
 * HPKE key that it endorses.
 *
 * @param certificates - DER, in either direction: vendor CAs, IDevID, LDevID, FMC alias, RT alias, exported CDIs of its DPE,
 *   endorsement; the root may be left out
 * @throws KmsError `untrusted-chain`, `no-identity` or `no-endorsement`
 */
export function verifyEvidence(options: EvidenceOptions, certificates: readonly Uint8Array[]): Evidence {
  const { provider } = options;
  const { chain } = checkedChain(options, certificates);
  const { idevid, rest } = layersOf(chain);
  const leaf = chain.at(-1) as Certificate;
  const tcbInfos = rest.flatMap(({ decoded }) => tcbInfosOf(decoded));
  return {
    identity: identityOf(provider, idevid),
    insecure: insecureFlags(tcbInfos),
    deviceState: deviceStateOf(tcbInfos),
    tcbInfos,
    hpke: endorsementOf(leaf),
    leaf: bytesToHex(provider.hashes.digest('sha384', leaf.der)),
  };
}
