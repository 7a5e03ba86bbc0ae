import {
  type ConformanceContext as Context,
  createStore,
  findSuites,
  RECOGNIZERS,
  type Recognizer,
  runConformance,
  runTests,
} from '@rootcap/conformance';
import { bytesToHex, portableProvider, utf8ToBytes } from '@rootcap/crypto';

const digests: Recognizer = {
  kind: 'digests',
  recognize(entry) {
    if (entry.kind !== 'file' || !entry.name.endsWith('.sha256')) return undefined;
    const [text = '', expected] = new TextDecoder().decode(entry.bytes()).trim().split(' ');
    const actual = (context: Context) => bytesToHex(context.provider.hashes.digest('sha256', utf8ToBytes(text)));
    const test = (c: Context) => ({ id: text, run: () => (actual(c) === expected ? undefined : `got ${actual(c)}`) });
    return { name: entry.path, source: 'own', run: (c) => runTests(entry.path, 'own', [test(c)]) };
  },
};

const file = 'abc ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const store = createStore([['own.sha256', () => utf8ToBytes(file)]]);
const { passed, failed } = runConformance(findSuites(store, [...RECOGNIZERS, digests]), { provider: portableProvider });
console.log({ passed, failed });
