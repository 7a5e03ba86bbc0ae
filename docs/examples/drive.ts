import { portableProvider } from '@rootcap/crypto';
import {
  EncryptedNamespace,
  encodeMetadata,
  MemoryMedium,
  NbdClient,
  NbdSession,
  portableEngine,
  XtsDataPath,
} from '@rootcap/drive';

// 4 MiB whose medium is in memory. In Node: nativeEngine() and FileMedium of '@rootcap/drive/node'.
const dataPath = new XtsDataPath({ engine: portableEngine(portableProvider.xts) });
const medium = new MemoryMedium();
const namespace = new EncryptedNamespace({ nsid: 1, blockCount: 1024, dataPath, medium });

// The engine's register front loads the key that the root of trust releases: here a number in its place.
const metadata = encodeMetadata({ start: 0, end: 1023, nsid: 1 });
const mek = Uint8Array.from({ length: 64 }, (_, i) => i);
console.log('load', dataPath.load(metadata, new Uint8Array(32), mek));

// A block client, on a session without a socket.
let client: NbdClient | undefined;
const session: NbdSession = new NbdSession({
  exports: () => [namespace],
  wake: () => session.work(),
  wire: {
    send(bytes) {
      queueMicrotask(() => client?.receive(bytes));
      return true;
    },
    startTls: () => {},
    end: () => {},
  },
});
const send = (bytes: Uint8Array): void => {
  session.receive(bytes);
  session.work();
};
const nbd = await NbdClient.connect({ wire: { send, end: () => {} } }, (made) => {
  client = made;
});
await nbd.write(8192, new TextEncoder().encode('written through NBD'), { fua: true });
console.log(new TextDecoder().decode(await nbd.read(8192, 19)));
console.log(await nbd.blockStatus(0, nbd.size));

// On the medium: ciphertext.
const stored = new Uint8Array(19);
medium.read(8192, stored);
console.log(Buffer.from(stored).toString('hex'));

// Without the key the range is locked; the connection stays.
dataPath.unload(metadata);
await nbd.read(8192, 19).catch((error) => console.log(error.message));
dataPath.load(metadata, new Uint8Array(32), mek);
console.log((await nbd.read(8192, 19)).length, 'bytes again');
