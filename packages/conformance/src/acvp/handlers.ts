import { findHash } from '../hash-names.ts';
import { cbcHandler, ctrHandler, ecbHandler, gcmHandler } from './aes.ts';
import { hmacDrbgHandler } from './drbg.ts';
import {
  detEcdsaSigGenHandler,
  ecdsaKeyGenHandler,
  ecdsaKeyVerHandler,
  ecdsaSigGenHandler,
  ecdsaSigVerHandler,
} from './ecdsa.ts';
import { kdf108Handler, spdmHandler } from './kdf.ts';
import { kwHandler, kwpHandler } from './key-wrap.ts';
import { lmsKeyGenHandler, lmsSigGenHandler, lmsSigVerHandler } from './lms.ts';
import { cmacHandler, hmacHandler } from './mac.ts';
import { mlDsaKeyGenHandler, mlDsaSigGenHandler, mlDsaSigVerHandler } from './ml-dsa.ts';
import { mlKemEncapDecapHandler, mlKemKeyGenHandler } from './ml-kem.ts';
import type { AcvpHandler, AcvpSet } from './recognize.ts';
import { shaHandler } from './sha.ts';
import { cshakeHandler, kmac256Handler, shakeHandler } from './xof.ts';
import { xtsHandler } from './xts.ts';

/** `algorithm` or `algorithm/mode` of a set → its handler; revisions of a set differ in fields that handlers look for. */
const HANDLERS: Readonly<Record<string, AcvpHandler>> = {
  'ACVP-AES-ECB': ecbHandler,
  'ACVP-AES-CBC': cbcHandler,
  'ACVP-AES-CTR': ctrHandler,
  'ACVP-AES-GCM': gcmHandler,
  'ACVP-AES-GMAC': gcmHandler,
  'ACVP-AES-XTS': xtsHandler,
  'ACVP-AES-KW': kwHandler,
  'ACVP-AES-KWP': kwpHandler,
  'CMAC-AES': cmacHandler,
  'KMAC-256': kmac256Handler,
  'SHAKE-128': shakeHandler('shake128'),
  'SHAKE-256': shakeHandler('shake256'),
  'CSHAKE-128': cshakeHandler('shake128'),
  'CSHAKE-256': cshakeHandler('shake256'),
  HMACDRBG: hmacDrbgHandler,
  KDF: kdf108Handler,
  'KDF/SPDM': spdmHandler,
  'ECDSA/KEYGEN': ecdsaKeyGenHandler,
  'ECDSA/KEYVER': ecdsaKeyVerHandler,
  'ECDSA/SIGGEN': ecdsaSigGenHandler,
  'ECDSA/SIGVER': ecdsaSigVerHandler,
  'DETECDSA/SIGGEN': detEcdsaSigGenHandler,
  'LMS/KEYGEN': lmsKeyGenHandler,
  'LMS/SIGGEN': lmsSigGenHandler,
  'LMS/SIGVER': lmsSigVerHandler,
  'ML-DSA/KEYGEN': mlDsaKeyGenHandler,
  'ML-DSA/SIGGEN': mlDsaSigGenHandler,
  'ML-DSA/SIGVER': mlDsaSigVerHandler,
  'ML-KEM/KEYGEN': mlKemKeyGenHandler,
  'ML-KEM/ENCAPDECAP': mlKemEncapDecapHandler,
};

/** @returns undefined if the algorithm is not part of the library */
export function findHandler({ algorithm, mode }: AcvpSet): AcvpHandler | undefined {
  const key = (mode === '' ? algorithm : `${algorithm}/${mode}`).toUpperCase();
  if (Object.hasOwn(HANDLERS, key)) return HANDLERS[key];
  const mac = /^HMAC-(.+)$/.exec(key);
  const hash = findHash(mac?.[1] ?? key);
  if (hash === undefined) return undefined;
  return mac === null ? shaHandler(hash) : hmacHandler(hash);
}
