import { defaultProvider } from '@rootcap/crypto/default';
import { validateChain } from '@rootcap/dice/x509';
import { caseRandom } from '../fuzz/random.ts';

/** A chain that was accepted although one of its bits is wrong. */
interface Accepted {
  readonly try: number;
  readonly certificate: number;
  readonly bit: number;
}

export interface FlipResult {
  readonly refused: number;
  readonly accepted: readonly Accepted[];
}

/**
 * Flips one bit of a chain, anywhere in it, again and again; a relying party that trusts the vendor's root should refuse
 * every one. The root itself is the anchor, taken from elsewhere: a bit is flipped in the certificates below it and in
 * the copy of the root that comes with the chain.
 *
 * @param chain - root first, DER
 */
export function refuseFlippedBits(chain: readonly Uint8Array[], tries: number, seed: number): FlipResult {
  const [root] = chain;
  if (root === undefined) throw new RangeError('chain: expected certificates, got none');
  const provider = defaultProvider();
  const size = chain.reduce((sum, { length }) => sum + length, 0);
  const accepted: Accepted[] = [];
  for (let n = 0; n < tries; n++) {
    const flip = placeOf(chain, caseRandom(seed, n).below(8 * size));
    const { valid, anchor } = validateChain(flipped(chain, flip), { provider, trustAnchors: [root] });
    if (valid && anchor === 'trusted') accepted.push({ try: n, ...flip });
  }
  return { refused: tries - accepted.length, accepted };
}

/** Which bit of which certificate the nth bit of a chain is. */
function placeOf(chain: readonly Uint8Array[], bit: number): Omit<Accepted, 'try'> {
  let rest = bit;
  for (let certificate = 0; ; certificate++) {
    const bits = 8 * (chain[certificate]?.length ?? 0);
    if (rest < bits) return { certificate, bit: rest };
    rest -= bits;
  }
}

function flipped(chain: readonly Uint8Array[], { certificate, bit }: Omit<Accepted, 'try'>): Uint8Array[] {
  return chain.map((der, i) => {
    const copy = der.slice();
    if (i === certificate) copy[bit >>> 3] = (copy[bit >>> 3] as number) ^ (1 << (bit & 7));
    return copy;
  });
}
