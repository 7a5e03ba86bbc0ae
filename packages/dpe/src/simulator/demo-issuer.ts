import {
  authorityKeyIdentifierExtension,
  basicConstraints,
  der,
  keyIdentity,
  keyUsage,
  name,
  subjectKeyIdentifierExtension,
  type Validity,
} from '@rootcap/dice';
import { encodedPublicKey, signed } from '../certificate.ts';
import type { DpePlatform } from '../port.ts';
import type { DpeProfile } from '../profiles.ts';
import { keyPair, type SimulatorProvider } from './crypto.ts';

/** Validity of everything the simulator issues, as in the reference simulator. */
const SIMULATOR_VALIDITY: Validity = {
  notBefore: der.ascii('20230227000000Z'),
  notAfter: der.ascii('99991231235959Z'),
};

/** UEID in certificates of exported CDIs, as in the reference simulator: 17 bytes. */
const SIMULATOR_UEID: Uint8Array = new Uint8Array(17).fill(0x0a);

/** The issuer of a simulator. Everybody knows its key: it is for tests only. */
export interface DemoIssuer {
  /** A private scalar, or the ML-DSA seed. */
  readonly aliasKey: Uint8Array;
  readonly platform: DpePlatform;
}

/**
 * A self-signed issuer per profile, the same every time: its key is the hash of a fixed text.
 *
 * @param label - another text gives another issuer
 */
export function demoIssuer(
  provider: SimulatorProvider,
  profile: DpeProfile,
  label = 'rootcap DPE simulator demo alias',
): DemoIssuer {
  const text = der.ascii(`${label}, ${profile.name}`);
  const aliasKey = provider.hashes.digest(profile.algorithm === 'ecdsa-p384' ? 'sha384' : 'sha256', text);
  const key = keyPair(provider, profile, aliasKey);
  const encoded = new Uint8Array(encodedPublicKey(profile, key.publicKey).flatMap((part) => [...part]));
  const { certificateSerialNumber, subjectKeyIdentifier, subjectSerialNumber } = keyIdentity(provider, encoded);
  const issuerName = name('Rootcap DPE Demo Alias', subjectSerialNumber);
  const tbs = der.sequence(
    der.constructed(0, der.integer(2)),
    der.integer(certificateSerialNumber),
    profile.signatureAlgorithm,
    issuerName,
    der.sequence(der.generalizedTime(SIMULATOR_VALIDITY.notBefore), der.generalizedTime(SIMULATOR_VALIDITY.notAfter)),
    issuerName,
    der.sequence(profile.keyAlgorithm, der.bitString(encoded)),
    der.constructed(
      3,
      der.sequence(
        basicConstraints(),
        keyUsage(['keyCertSign']),
        subjectKeyIdentifierExtension(subjectKeyIdentifier),
        authorityKeyIdentifierExtension(subjectKeyIdentifier),
      ),
    ),
  );
  return {
    aliasKey,
    platform: {
      vendorId: 0,
      vendorSku: 0,
      certificateChain: signed(profile, tbs, key.sign({ kind: 'message', bytes: tbs })),
      issuerName,
      issuerKeyIdentifier: subjectKeyIdentifier,
      signerIdentifier: { issuer: issuerName, serialNumber: certificateSerialNumber },
      validity: SIMULATOR_VALIDITY,
      ueid: SIMULATOR_UEID,
    },
  };
}
