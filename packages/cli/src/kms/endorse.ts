import { join } from 'node:path';
import { HPKE_KEMS, type HpkeKemName, hpkeSuite, utf8ToBytes } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import { encodePem } from '@rootcap/dice/x509';
import type { ChainAlgorithm } from 'rootcap';
import { hpkeEndorser } from 'rootcap/endorsement';
import { manufacture } from 'rootcap/manufacture';
import { type BootArguments, deviceOptions } from '../boot/device-options.ts';
import { UsageError } from '../errors.ts';
import type { Terminal } from '../terminal.ts';

export interface EndorseArguments extends BootArguments {
  readonly out: string;
  readonly kem: HpkeKemName;
  readonly algorithm: ChainAlgorithm;
  readonly publicKey?: string;
}

/** Key of nobody's drive: anybody can compute it. */
function demoKey(kem: HpkeKemName): Uint8Array {
  const provider = defaultProvider();
  const suite = hpkeSuite(provider, HPKE_KEMS[kem]);
  const secret = utf8ToBytes(`rootcap demo HPKE key, never for production: ${kem}`);
  const ikm = provider.xof.digest('shake256', suite.lengths.Nikm, secret);
  return suite.deriveKeyPair(ikm).publicKey;
}

/** Boots a device, whose DPE endorses an HPKE key, and writes its evidence and its vendor's root. */
export function endorse(terminal: Terminal, args: EndorseArguments): void {
  const { kem, algorithm, out } = args;
  const publicKey = args.publicKey === undefined ? demoKey(kem) : terminal.read(args.publicKey, '--public-key');
  const { Npk } = hpkeSuite(defaultProvider(), HPKE_KEMS[kem]).lengths;
  if (publicKey.length !== Npk) throw new UsageError(`--public-key: expected ${Npk} bytes, got ${publicKey.length}`);
  const made = manufacture(deviceOptions(terminal, args));
  const [root = new Uint8Array(), idevid = new Uint8Array()] = made.chain(algorithm);
  const evidence = hpkeEndorser(made.device, { algorithm }).evidence(HPKE_KEMS[kem], publicKey);
  const pem = (chain: readonly Uint8Array[]): string => chain.map((der) => encodePem('CERTIFICATE', der)).join('');
  const files = { root: join(out, 'vendor-root.pem'), evidence: join(out, 'evidence.pem') };
  terminal.write(files.root, pem([root]), '--out');
  terminal.write(files.evidence, pem([idevid, ...evidence.reverse()]), '--out');
  if (terminal.asJson) terminal.printJson({ ...files, kem, algorithm, certificates: evidence.length + 1 });
  else terminal.talk(`${files.evidence}: ${evidence.length + 1} certificates down to the ${kem} key`);
}
