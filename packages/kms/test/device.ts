import {
  type CryptoProvider,
  type Entropy,
  type HpkeKemId,
  type HpkeKeyPair,
  hpkeSuite,
  seededEntropy,
  utf8ToBytes,
} from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import {
  type AuditLog,
  accessKeyDigest,
  type CreateOptions,
  type Grant,
  KeyService,
  type KeyServiceOptions,
  type ScryptCost,
  type StateStore,
} from '@rootcap/kms';
import type { ChainAlgorithm, DeviceOptions } from 'rootcap';
import { hpkeEndorser } from 'rootcap/endorsement';
import { manufacture } from 'rootcap/manufacture';

export const provider: CryptoProvider = nodeProvider();
const PASSPHRASE = 'correct horse battery staple';
/** Enough for a test. */
export const CHEAP: ScryptCost = { N: 16, r: 1, p: 1 };
export const OBJECT = '0000080100000001';

/** A drive as its key service sees it: evidence, and a key management block that opens what it is given. */
export interface TestDrive {
  readonly root: Uint8Array;
  /** Chain without an endorsement, down to RT alias. */
  readonly chain: readonly Uint8Array[];
  evidence(kemId: HpkeKemId): readonly Uint8Array[];
  /** New HPKE keys, as after a reset. */
  rotateHpkeKeys(): void;
  /** Access keys of a grant, or undefined where one does not open. */
  open(grant: Grant): (Uint8Array | undefined)[];
}

/** @param serial - drives with different numbers have different secrets */
export function testDrive(
  serial = 1,
  algorithm: ChainAlgorithm = 'ecdsa-p384',
  options: DeviceOptions = {},
): TestDrive {
  const { device, chain } = manufacture({
    ...options,
    ...(serial === 1 ? {} : { fuses: { udsSeed: new Uint8Array(64).fill(serial) } }),
  });
  const [root = new Uint8Array(), ...below] = chain(algorithm);
  const endorser = hpkeEndorser(device, { algorithm });
  let boot = 0;
  const keys = new Map<HpkeKemId, HpkeKeyPair>();
  const keyPair = (kemId: HpkeKemId): HpkeKeyPair => {
    const suite = hpkeSuite(provider, kemId);
    const pair = keys.get(kemId) ?? suite.deriveKeyPair(seeded(`${serial} ${boot} ${kemId}`).bytes(suite.lengths.Nikm));
    keys.set(kemId, pair);
    return pair;
  };
  return {
    root,
    chain: below,
    evidence: (kemId) => [...below, endorser.certificate, endorser.endorse(kemId, keyPair(kemId).publicKey)],
    rotateHpkeKeys() {
      boot++;
      keys.clear();
    },
    open({ kemId, enc, info, ciphertexts, metadata }) {
      const receiver = hpkeSuite(provider, kemId).setupReceiver(keyPair(kemId), enc, info);
      return ciphertexts.map((ciphertext) => receiver.open(ciphertext, metadata));
    },
  };
}

const seeded = (text: string): Entropy => seededEntropy(utf8ToBytes(text));

/** What TEST_ACCESS_KEY would answer. */
export function answerOf(metadata: Uint8Array, accessKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return accessKeyDigest(provider, metadata, accessKey, nonce);
}

/** A medium that survives its service, and may die before any of its writes. */
export interface TestMedium {
  readonly store: StateStore;
  readonly log: AuditLog;
  state: string | undefined;
  readonly lines: string[];
  /** Writes until the power fails; the failing one does not happen. */
  power: number;
}

export function testMedium(): TestMedium {
  const write = (act: () => void): void => {
    if (medium.power-- <= 0) throw new Error('power failure');
    act();
  };
  const medium: TestMedium = {
    state: undefined,
    lines: [],
    power: Number.POSITIVE_INFINITY,
    store: {
      read: () => medium.state,
      replace: (text) => {
        write(() => {
          medium.state = text;
        });
      },
    },
    log: {
      read: () => [...medium.lines],
      append: (line) => write(() => void medium.lines.push(line)),
    },
  };
  return medium;
}

let clock = 0;

/** Options of a service on a medium: time goes on by a second a call. */
export function optionsOf(medium: TestMedium, more: Partial<KeyServiceOptions> = {}): KeyServiceOptions {
  return {
    provider,
    entropy: seeded(`entropy ${clock}`),
    now: () => new Date(Date.UTC(2026, 0, 1) + 1000 * clock++).toISOString(),
    store: medium.store,
    log: medium.log,
    passphrase: PASSPHRASE,
    ...more,
  };
}

export function createService(
  medium: TestMedium,
  roots: readonly Uint8Array[],
  more: Partial<CreateOptions> = {},
): KeyService {
  return KeyService.create({ ...optionsOf(medium), roots, cost: CHEAP, ...more });
}
