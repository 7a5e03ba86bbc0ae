import { type CryptoProvider, concatBytes, ecc384KeyFromSeed } from '@rootcap/crypto';
import {
  ProductionAuthDebugUnlockChallenge as Challenge,
  MailboxReqHeader,
  ProductionAuthDebugUnlockToken as Token,
} from '@rootcap/firmware';

/** Whoever has the keys of production debug unlock. */
export interface DebugUnlocker {
  /** SHA-384 of the public keys, as a device holds it for a level. */
  readonly keyHash: Uint8Array;
  /** The right answer to a challenge for a level: a request without checksum. */
  answer(challenge: Uint8Array, level: number): Uint8Array;
}

/** Both signatures are over device, level and challenge. */
export function createDebugUnlocker(provider: CryptoProvider): DebugUnlocker {
  const { ecdsa384, hashes, mldsa87 } = provider;
  const ecc = ecc384KeyFromSeed(provider, new Uint8Array(48).fill(0xdb));
  const mldsa = mldsa87.keygenFromSeed(new Uint8Array(32).fill(0xdb));
  const answer = (response: Uint8Array, unlock_level: number): Uint8Array => {
    const { challenge, unique_device_identifier } = Challenge.decode(response);
    const reserved = new Uint8Array(3);
    const message = concatBytes(unique_device_identifier, Uint8Array.of(unlock_level), reserved, challenge);
    const mldsa_signature = new Uint8Array(Token.member('mldsa_signature').field.size);
    mldsa_signature.set(mldsa87.sign(mldsa.secretKey, hashes.digest('sha512', message)));
    return Token.encode({
      hdr: { chksum: 0 },
      length: (Token.size - MailboxReqHeader.size) / 4,
      unique_device_identifier,
      unlock_level,
      reserved,
      challenge,
      ecc_public_key: ecc.publicKey,
      mldsa_public_key: mldsa.publicKey,
      ecc_signature: ecdsa384.sign(ecc.privateKey, hashes.digest('sha384', message)),
      mldsa_signature,
    });
  };
  const keys = answer(new Uint8Array(Challenge.size), 0).subarray(
    Token.offsetOf('ecc_public_key'),
    Token.offsetOf('ecc_signature'),
  );
  return { keyHash: hashes.digest('sha384', keys), answer };
}
