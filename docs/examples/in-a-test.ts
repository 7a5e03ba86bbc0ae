import assert from 'node:assert/strict';
import { portableProvider as provider } from '@rootcap/crypto';
import { parseCertificates, tcbInfosOf, validateChain } from '@rootcap/dice/x509';
import { createDevice } from 'rootcap';
import { manufacture } from 'rootcap/manufacture';

/** What is tested: a relying party's policy. Firmware older than SVN 5 is turned away. */
function admits(chain: readonly Uint8Array[], trustAnchor: Uint8Array): boolean {
  if (!validateChain(chain, { provider, trustAnchors: [trustAnchor] }).valid) return false;
  const leaf = parseCertificates(chain.at(-1) as Uint8Array)[0];
  const svn = leaf === undefined ? undefined : tcbInfosOf(leaf.decoded)[0]?.svn;
  return svn !== undefined && (svn & 0xff) >= 5; // Caliptra writes 0x0100 | svn
}

// The fixture costs a boot; every test gets a fork of its own.
const fixture = manufacture();
const root = fixture.vendorRoots['ecdsa-p384'].certificate;
const chain = fixture.chain('ecdsa-p384');

assert.equal(admits(chain, root), true);

// A device with other secrets in its fuses is another device: its LDevID is not below this IDevID.
const other = createDevice({ fuses: { udsSeed: new Uint8Array(64).fill(1) } }).boot();
const stranger = [...chain.slice(0, 2), ...other.certificateChain('ecdsa-p384').reverse()];
assert.equal(admits(stranger, root), false);

// A fork can be broken without harm to the fixture.
const fork = fixture.device.fork();
fork.reset('cold');
assert.equal(fork.state, 'awaiting-fuses');
assert.equal(fixture.device.state, 'runtime');
console.log('ok');
