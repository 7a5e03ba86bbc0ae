import { bytesToHex, ecc384KeyFromSeed, equalBytes, hexToBytes, kdf512 } from '@rootcap/crypto';
import { keyIdentity, subjectPublicKeyInfo } from '@rootcap/dice';
import { parseCertificate } from '@rootcap/dice/x509';
import { createDevice } from 'rootcap';

const device = createDevice().boot();
const { provider, fuses, obfuscationKey } = device.options;
const { blockCipher, hmac } = provider;

// Deobfuscation engine: both secrets lie encrypted in the fuses.
const iv = hexToBytes('fb10365ba1179741fba193a10f406d7e');
const uds = blockCipher.cbcDecrypt(obfuscationKey, iv, fuses.udsSeed as Uint8Array);
const fieldEntropy = blockCipher.cbcDecrypt(obfuscationKey, iv, fuses.fieldEntropy as Uint8Array);

// IDevID and LDevID layers: each CDI is a function of the one above and of what is new.
const idevidCdi = kdf512(provider, uds, 'idevid_cdi');
const labelled = hmac.mac('sha512', idevidCdi, new TextEncoder().encode('ldevid_cdi'));
const ldevidCdi = hmac.mac('sha512', labelled, fieldEntropy);

// The LDevID's P-384 key: 48 bytes of a KDF output seed the DRBG of the ECC engine.
const seed = kdf512(provider, ldevidCdi, 'ldevid_ecc_key').subarray(0, 48);
const { publicKey } = ecc384KeyFromSeed(provider, seed);
const encoded = Uint8Array.of(4, ...publicKey);

// It is the key that the device certified, under the name that its key gives it.
const ldevid = parseCertificate(device.certificateChain('ecdsa-p384')[2] as Uint8Array);
console.log(equalBytes(ldevid.publicKey.der, subjectPublicKeyInfo('ecdsa-p384', encoded)));
console.log(
  bytesToHex(keyIdentity(provider, encoded).subjectKeyIdentifier) ===
    bytesToHex(ldevid.decoded.subjectKeyIdentifier as Uint8Array),
);
