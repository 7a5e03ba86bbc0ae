import { certificateTbs, encodedPublicKey, type Subject, signed } from './certificate.ts';
import { certificationRequestInfo, cmsSigned } from './csr.ts';
import { derivedKey } from './derived-key.ts';
import type { DpeEnvironment } from './environment.ts';
import type { DpeKeyPair, SignData } from './port.ts';
import { STATE_FLAGS } from './state-layout.ts';
import { DpeError } from './statuses.ts';
import { has, SUPPORT } from './support.ts';
import { multiTcbInfo } from './tcb-infos.ts';

const message = (bytes: Uint8Array): SignData => ({ kind: 'message', bytes });

/** What the certificate of a key of one context says. */
function subjectOf(
  env: DpeEnvironment,
  index: number,
  kind: Subject['kind'],
  publicKey: Uint8Array,
  ueid: Uint8Array,
): Subject {
  const { profile, state, crypto, platform, compatibility } = env;
  const nodes = state
    .pathToRoot(index)
    .map((at) => state.field(at, 'tci'))
    .reverse();
  return {
    profile,
    kind,
    publicKey,
    publicKeyHash: crypto.hash(...encodedPublicKey(profile, publicKey)),
    multiTcbInfo: multiTcbInfo(profile, nodes, {
      journey: kind === 'leaf' && has(state.support, SUPPORT.RECURSIVE),
      rootSized: compatibility?.rootSizedTcbInfos ?? false,
    }),
    claimedTbs: compatibility?.rootSizedTbs ?? false,
    ueid,
    criticalDice: has(state.flags, STATE_FLAGS.MARK_DICE_EXTENSIONS_CRITICAL),
    subjectAltName: platform.subjectAltName,
  };
}

function certificate(env: DpeEnvironment, subject: Subject): Uint8Array {
  const { profile, crypto, platform } = env;
  if (platform.issuerName.length > 128)
    throw new DpeError('IssuerNameError', `issuer name: ${platform.issuerName.length} bytes, at most 128 expected`);
  const tbs = certificateTbs(subject, {
    name: platform.issuerName,
    keyIdentifier: platform.issuerKeyIdentifier,
    validity: platform.validity,
  });
  return signed(profile, tbs, crypto.signWithAlias(message(tbs)));
}

/** X.509 certificate of a derived key. @param label - stands in the UEID extension */
export function leafCertificate(env: DpeEnvironment, index: number, key: DpeKeyPair, label: Uint8Array): Uint8Array {
  return certificate(env, subjectOf(env, index, 'leaf', key.publicKey, label));
}

/** X.509 certificate of the key of an exported CDI. @param ueid - of the platform */
export function exportedCertificate(env: DpeEnvironment, index: number, key: DpeKeyPair, ueid: Uint8Array): Uint8Array {
  return certificate(env, subjectOf(env, index, 'exported', key.publicKey, ueid));
}

/** PKCS#10 request of a derived key, inside CMS SignedData of the alias key. */
export function leafCsr(env: DpeEnvironment, index: number, key: DpeKeyPair, label: Uint8Array): Uint8Array {
  const { profile, crypto, platform } = env;
  const info = certificationRequestInfo(subjectOf(env, index, 'leaf', key.publicKey, label));
  // The firmware derives the key once more to sign with it; a chip draws randomness for that.
  const csr = signed(profile, info, derivedKey(env, index, label).sign(message(info)));
  return cmsSigned(profile, csr, platform.signerIdentifier, crypto.signWithAlias(message(csr)));
}
