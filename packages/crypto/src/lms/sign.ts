import { concatBytes, u32be } from '../bytes.ts';
import { checkBytes, checkInteger } from '../checks.ts';
import { otsPublicKey, otsSign } from './ots.ts';
import {
  type LmotsParameters,
  type LmsParameters,
  lmotsParameters,
  lmsHash,
  lmsParameters,
  type NeedsLmsHash,
} from './parameters.ts';
import { innerNode, leafNode } from './verify.ts';

/** Above this height the tree does not fit into memory as one piece. */
const MAX_HEIGHT = 20;

export interface LmsKeygenOptions {
  /** `LMS_SHA256_M24_H15`, or its type. */
  readonly lms: string | number;
  /** `LMOTS_SHA256_N24_W4`, or its type. */
  readonly lmots: string | number;
  /** I, 16 bytes. */
  readonly id: Uint8Array;
  /** n bytes. */
  readonly seed: Uint8Array;
  /**
   * `all`: the tree of RFC 8554, whose cost is 2^h one-time keys. `{ only: q }`: leaf q alone holds a one-time key, every
   * other leaf K = 0, which makes a test key of any height cheap, and is how Caliptra's fake keys were made. Such a key
   * signs with leaf q only.
   */
  readonly leaves?: 'all' | { readonly only: number };
}

/** A private key with its whole tree. Keep count of the leaves: each may sign one message. */
export interface LmsPrivateKey {
  readonly lms: LmsParameters;
  readonly lmots: LmotsParameters;
  readonly id: Uint8Array;
  readonly seed: Uint8Array;
  /** The one usable leaf, if the tree has only one. */
  readonly only: number | undefined;
  /** Nodes T[0] (unused) … T[2^(h+1) - 1], m bytes each. */
  readonly tree: Uint8Array;
  /** `u32str(type) ‖ u32str(otstype) ‖ I ‖ T[1]`. */
  readonly publicKey: Uint8Array;
}

function parametersOf({ lms: lmsName, lmots: lmotsName }: LmsKeygenOptions) {
  const lms = lmsParameters(lmsName);
  if (lms === undefined) throw new RangeError(`lms: expected a parameter set of SP 800-208, got ${String(lmsName)}`);
  const lmots = lmotsParameters(lmotsName);
  if (lmots === undefined)
    throw new RangeError(`lmots: expected a parameter set of SP 800-208, got ${String(lmotsName)}`);
  if (lms.hash !== lmots.hash || lms.m !== lmots.n)
    throw new RangeError(`lmots: expected the hash of ${lms.name}, got ${lmots.name}`);
  if (lms.h > MAX_HEIGHT) throw new RangeError(`lms: expected a height of at most ${MAX_HEIGHT}, got ${lms.name}`);
  return { lms, lmots };
}

/**
 * Key pair from a seed: every one-time key by the pseudorandom rule of RFC 8554 Appendix A, the tree by §5.3.
 *
 * @throws RangeError for an unknown parameter set, a wrong length, a leaf outside the tree or a height above 20
 */
export function lmsKeygen(provider: NeedsLmsHash, options: LmsKeygenOptions): LmsPrivateKey {
  const { lms, lmots } = parametersOf(options);
  const { id, seed, leaves = 'all' } = options;
  checkBytes('id', id, 16);
  checkBytes('seed', seed, lms.m);
  const count = 2 ** lms.h;
  const only = leaves === 'all' ? undefined : leaves.only;
  if (only !== undefined) checkInteger('leaves.only', only, 0, count - 1);
  const hash = lmsHash(provider, lms.hash, lms.m);
  const absent = new Uint8Array(lms.m);
  const tree = new Uint8Array(2 * count * lms.m);
  const node = (r: number) => tree.subarray(r * lms.m, (r + 1) * lms.m);
  for (let q = 0; q < count; q++) {
    const present = only === undefined || only === q;
    const otsKey = present ? otsPublicKey({ hash, parameters: lmots, id, q }, seed) : absent;
    node(count + q).set(leafNode(hash, id, count + q, otsKey));
  }
  for (let r = count - 1; r >= 1; r--) node(r).set(innerNode(hash, id, r, node(2 * r), node(2 * r + 1)));
  const publicKey = concatBytes(u32be(lms.type), u32be(lmots.type), id, node(1));
  return { lms, lmots, id: id.slice(), seed: seed.slice(), only, tree, publicKey };
}

/**
 * Signature with leaf `q`. RFC 8554 Algorithm 5
 *
 * @param nonce - C, n bytes
 * @returns `u32str(q) ‖ LM-OTS signature ‖ u32str(type) ‖ path`
 * @throws RangeError if the key has no one-time key at leaf q, or the nonce has a wrong length
 */
export function lmsSign(
  provider: NeedsLmsHash,
  key: LmsPrivateKey,
  q: number,
  nonce: Uint8Array,
  message: Uint8Array,
): Uint8Array {
  const { lms, lmots, id, seed, only, tree } = key;
  checkInteger('q', q, 0, 2 ** lms.h - 1);
  if (only !== undefined && q !== only)
    throw new RangeError(`q: expected ${only}, the only leaf of this key, got ${q}`);
  checkBytes('nonce', nonce, lmots.n);
  checkBytes('message', message);
  const hash = lmsHash(provider, lms.hash, lms.m);
  const path: Uint8Array[] = [];
  for (let r = 2 ** lms.h + q; r > 1; r = Math.floor(r / 2)) {
    const sibling = r % 2 === 0 ? r + 1 : r - 1;
    path.push(tree.slice(sibling * lms.m, (sibling + 1) * lms.m));
  }
  const ots = otsSign({ hash, parameters: lmots, id, q }, seed, nonce, message);
  return concatBytes(u32be(q), ots, u32be(lms.type), ...path);
}
