import { type CryptoProvider, concatBytes, HPKE_KEMS, type HpkeKemId, hpkeSuite } from '@rootcap/crypto';
import { HPKE_SUITES, type HpkeSuiteName, hpkePublicKey, hpkeReceiver, softwareLockPort } from '@rootcap/ocp-lock';
import { compare, Fields, isObject, objects, readJson } from '../fields.ts';
import { type ConformanceContext, type Mismatch, notRun, type Recognizer, runTests, type TestCase } from '../suite.ts';
import { suiteName } from '../vector-paths.ts';

const SOURCE = 'draft-ietf-hpke-pq and Caliptra firmware, HPKE in mode base';
const AES_256_GCM = 2;
const HKDF_SHA384 = 2;
const TAG_SIZE = 16;

const KNOWN_KEMS: readonly number[] = Object.values(HPKE_KEMS);

/** A suite by the numbers of a record; another one is not run. */
function kemIdOf(record: Fields): HpkeKemId {
  const known = KNOWN_KEMS.includes(record.number('kem_id'));
  if (!known || record.number('kdf_id') !== HKDF_SHA384 || record.number('aead_id') !== AES_256_GCM)
    notRun('a suite that OCP LOCK does not have');
  return record.number('kem_id') as HpkeKemId;
}

/** The block's receiver, with the P-384 keys of the drafts: the ECC engine makes others of the same material. */
function receiverPort(provider: CryptoProvider) {
  const entropy = { bytes: (length: number) => new Uint8Array(length) };
  const port = softwareLockPort({ provider, mdk: new Uint8Array(64), entropy });
  const p384KeyPair = (seed: Uint8Array) => ({ privateKey: seed, publicKey: provider.ecdsa384.publicKey(seed) });
  return { ...port, hpke: { ...port.hpke, p384KeyPair } };
}

function recordTests(record: Fields, index: number, { provider }: ConformanceContext): TestCase[] {
  const id = (name: string): string => `${index} kem ${String(record.value('kem_id'))}: ${name}`;
  const key = () => {
    const kemId = kemIdOf(record);
    const suites = Object.keys(HPKE_SUITES) as HpkeSuiteName[];
    const suite = suites.find((name) => HPKE_SUITES[name].kemId === kemId) as HpkeSuiteName;
    return { suite, handle: 1, ikm: record.hex('ikmR') };
  };
  const keyPair = () => hpkeSuite(provider, kemIdOf(record)).keyPair(record.hex('skRm'));
  return [
    {
      id: id('public key of the block'),
      run: () => compare('pkRm', hpkePublicKey(receiverPort(provider), key()), record.hex('pkRm')),
    },
    { id: id('public key'), run: () => compare('pkRm', keyPair().publicKey, record.hex('pkRm')) },
    {
      id: id('decapsulation'),
      run: () => compare('shared_secret', keyPair().decap(record.hex('enc')), record.hex('shared_secret')),
    },
    { id: id('messages, by the block'), run: () => openWithBlock(provider, key(), record) },
    { id: id('messages'), run: () => openWithSuite(provider, record) },
  ];
}

function openWithBlock(provider: CryptoProvider, key: Parameters<typeof hpkeReceiver>[1], record: Fields): Mismatch {
  const receiver = hpkeReceiver(receiverPort(provider), key, record.hex('enc'), record.hex('info'));
  return firstDifference(record, (ct, aad) =>
    receiver.open({ ciphertext: ct.slice(0, -TAG_SIZE), tag: ct.slice(-TAG_SIZE) }, aad),
  );
}

function openWithSuite(provider: CryptoProvider, record: Fields): Mismatch {
  const suite = hpkeSuite(provider, kemIdOf(record));
  const receiver = suite.setupReceiver(suite.keyPair(record.hex('skRm')), record.hex('enc'), record.hex('info'));
  return firstDifference(record, (ct, aad) => receiver.open(ct, aad));
}

/** Messages in the order of their nonces. */
function firstDifference(record: Fields, open: (ct: Uint8Array, aad: Uint8Array) => Uint8Array | undefined): Mismatch {
  for (const message of objects(record.value('encryptions'))) {
    const { ct, aad, pt } = {
      ct: new Fields(message).hex('ct'),
      aad: new Fields(message).hex('aad'),
      pt: new Fields(message).hex('pt'),
    };
    const mismatch = compare('pt', open(ct, aad) ?? concatBytes(), pt);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

const isRecord = (value: unknown): boolean =>
  isObject(value) &&
  typeof value.kem_id === 'number' &&
  typeof value.enc === 'string' &&
  Array.isArray(value.encryptions);

/** Records of the HPKE drafts: a list of objects with `kem_id`, `enc` and `encryptions`. */
export const hpke: Recognizer = {
  kind: 'hpke',
  recognize(entry) {
    if (entry.kind !== 'file') return undefined;
    const json = readJson(entry);
    if (!Array.isArray(json) || json.length === 0 || !json.every(isRecord)) return undefined;
    const name = suiteName(entry);
    return {
      name,
      source: SOURCE,
      run(context) {
        const tests = objects(json).flatMap((record, index) => recordTests(new Fields(record), index, context));
        return runTests(name, SOURCE, tests, context.limits);
      },
    };
  },
};
