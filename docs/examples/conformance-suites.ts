import { createStore, findSuites, RECOGNIZERS, type Recognizer, runConformance } from '@rootcap/conformance';
import { equalBytes, hexToBytes, portableProvider, utf8ToBytes } from '@rootcap/crypto';

// Vectors in a layout of your own, known by their contents.
const mine: Recognizer = {
  kind: 'mine',
  recognize(entry) {
    if (entry.kind !== 'file' || !entry.name.endsWith('.sha384')) return undefined;
    const source = 'my SHA-384 list';
    return {
      name: entry.path,
      source,
      run({ provider }) {
        const lines = new TextDecoder().decode(entry.bytes()).trim().split('\n');
        const right = lines.filter((line) => {
          const [message = '', digest = ''] = line.split(' ');
          return equalBytes(provider.hashes.digest('sha384', utf8ToBytes(message)), hexToBytes(digest));
        });
        return { name: entry.path, source, passed: right.length, failed: lines.length - right.length, notRun: [] };
      },
    };
  },
};

// Files from anywhere: a directory (openVectors of @rootcap/conformance/node), a fetch, or a table as here.
const digest = 'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7';
const store = createStore([
  ['lists/abc.sha384', () => utf8ToBytes(`abc ${digest}\n`)],
  ['notes.txt', () => utf8ToBytes('nobody knows this file: it is passed over')],
]);
const { suites, ...total } = runConformance(findSuites(store, [...RECOGNIZERS, mine]), { provider: portableProvider });
console.log(suites[0]?.name, total);
