import { hpkeSuite } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  type DriveError,
  type DriveParts,
  MemoryMedium,
  memoryRecord,
  newSilicon,
  type PartyGrant,
  portableEngine,
  rootOfTrustOf,
  SelfEncryptingDrive,
  vendorChainOf,
  XtsDataPath,
} from '@rootcap/drive';
import { replayableEntropy } from 'rootcap';

const provider = defaultProvider();
const entropy = replayableEntropy(new TextEncoder().encode('a drive of the documentation'), provider);
const silicon = newSilicon(entropy);
const medium = new MemoryMedium();
const parts: DriveParts = {
  provider,
  entropy,
  flash: memoryRecord(),
  fuses: memoryRecord(),
  medium: () => medium,
  dataPath: new XtsDataPath({ engine: portableEngine(provider.xts) }),
  rootOfTrust: rootOfTrustOf(silicon, { provider, entropy }, { verifyOwnSignatures: false }),
};

// The factory. Every power-on boots the root of trust anew.
const drive = await SelfEncryptingDrive.create(parts, {
  serial: 'RC0001',
  namespaces: [{ name: 'data', blockCount: 64 }],
  vendorChain: vendorChainOf(silicon),
});
drive.on((event) => console.log('event', JSON.stringify(event)));

// A party: in a test, without a key service. Its access key is sealed to the HPKE key of this boot.
const metadata = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1);
const accessKey = new Uint8Array(32).fill(0xac);
function grant(): PartyGrant {
  const suite = hpkeSuite(provider, 0x0042);
  const key = drive.hpkeKeys().find(({ kemId }) => kemId === 0x0042);
  if (key === undefined) throw new Error('no such KEM');
  const info = new TextEncoder().encode('documentation');
  const sender = suite.setupSender(key.publicKey, info, entropy.bytes(suite.lengths.Nrandom));
  return { kemId: 0x0042, info, enc: sender.enc, ciphertexts: [sender.seal(accessKey, metadata)], metadata };
}
await drive.bind(grant());
drive.enable(grant());
await drive.protect({ name: 'data', nsid: 1, parties: ['0000080100000001'], pin: '1234' });

const text = new TextEncoder().encode('kept by a drive'.padEnd(4096));
drive.namespaces[0]?.write(3, text);
const show = (): void => {
  const block = drive.namespaces[0]?.read(3, 1) ?? new Uint8Array();
  console.log(JSON.stringify(new TextDecoder().decode(block.subarray(0, 15))));
};
show();

// After power-on: both the PIN and the access key are needed.
await drive.powerOff();
await drive.powerOn();
await drive.unlock('data', '1234').catch((error: DriveError) => console.log(error.code, error.message));
drive.enable(grant());
await drive.unlock('data', '4321').catch((error: DriveError) => console.log(error.code, error.message));
await drive.unlock('data', '1234');
show();

// Erased: the media key is gone, whoever has PIN and access key. The next unlock makes another one.
await drive.eraseRange('data');
try {
  show();
} catch (error) {
  console.log((error as DriveError).code, (error as DriveError).message);
}
await drive.hardErase();
console.log(drive.status().hek, drive.status().parties);
