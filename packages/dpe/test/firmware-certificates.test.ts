import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  ALL_SUPPORT,
  CALIPTRA_COMPATIBILITY,
  CERTIFY_KEY_FORMAT,
  CONTEXT_STATE,
  type DpeCrypto,
  DpeState,
  executeCommand,
  messages,
  P384_SHA384,
  PROFILES,
  ROOT_INDEX,
} from '@rootcap/dpe';
import { hasPack, packPath } from '@rootcap/vectors';
import { hex, provider, unhex } from './vectors.ts';

/** Path in the recordings of one passive device. */
const recorded = (...path: readonly string[]): string => packPath('caliptra', 'goldens', 'a-passive-mldsa', ...path);

interface Exchange {
  readonly name: string;
  readonly request_hex: string;
  readonly response_hex: string | null;
}

/** CertifyKey and its answer. */
interface Issued {
  readonly name: string;
  readonly request: Uint8Array;
  readonly response: Uint8Array;
}

/** CertifyKey in INVOKE_DPE messages: checksum and size, or checksum, flags, address (12 bytes) and size before the command. */
function issuedIn(session: string): Issued[] {
  const transcript = JSON.parse(readFileSync(recorded(session, 'transcript.json'), 'utf8')) as Exchange[];
  return transcript.flatMap(({ name, request_hex, response_hex }) => {
    const request = /434550440900000004|434550440900000005/.exec(request_hex);
    const response = /524550440000000004|524550440000000005/.exec(response_hex ?? '');
    if (request === null || response === null) return [];
    return [
      { name, request: unhex(request_hex.slice(request.index)), response: unhex(response.input.slice(response.index)) },
    ];
  });
}

const NODE =
  /83(0[1-5])([0-9a-f]{2,10}?)a63f303d06096086480165030402020430([0-9a-f]{96})8804([0-9a-f]{8})8904([0-9a-f]{8})(?:ab[0-9a-f]{12}a23f303d06096086480165030402020430([0-9a-f]{96}))/g;

/** The path that a certificate lists, as the contexts of a state: the lengths around the list cannot be relied on. */
function stateOf(certificate: Uint8Array, handle: Uint8Array): DpeState {
  const state = DpeState.create({ hashSize: 48, support: ALL_SUPPORT });
  const nodes = [...hex(certificate).matchAll(NODE)];
  for (const [index, [, , svn = '', current = '', locality = '', type = '', cumulative = '']] of nodes.entries()) {
    const last = index === nodes.length - 1;
    const tci = {
      tci_type: new DataView(unhex(type).buffer).getUint32(0, true),
      tci_current: unhex(current),
      tci_cumulative: unhex(cumulative),
      locality: Number.parseInt(locality, 16),
      svn: Number.parseInt(svn, 16),
    };
    state.write(index, {
      ...state.read(index),
      handle: last ? handle : new Uint8Array(16).fill(0xff),
      tci,
      children: last ? 0n : 1n << BigInt(index + 1),
      locality: tci.locality,
      parent_idx: index === 0 ? ROOT_INDEX : index - 1,
      state: last ? CONTEXT_STATE.ACTIVE : CONTEXT_STATE.RETIRED,
      allow_x509: 1,
    });
  }
  return state;
}

/** The TLV at an offset, header included. */
function tlvAt(der: Uint8Array, at: number): Uint8Array {
  const first = der[at + 1] as number;
  const octets = first < 0x80 ? 0 : first & 0x7f;
  let length = octets === 0 ? first : 0;
  for (let i = 0; i < octets; i++) length = length * 256 + (der[at + 2 + i] as number);
  return der.subarray(at, at + 2 + octets + length);
}

/** r ‖ s of a DER signature value in a BIT STRING or OCTET STRING, or the raw ML-DSA signature. */
function rawSignature(string: Uint8Array): Uint8Array {
  const head = string[0] === 0x03 ? 1 : 0;
  if (string.length > 4000) return string.subarray(4 + head);
  const output = new Uint8Array(96);
  let at = 4 + head;
  for (const half of [0, 1]) {
    const integer = tlvAt(string, at);
    const magnitude = integer[2] === 0 ? integer.subarray(3) : integer.subarray(2);
    output.set(magnitude, 48 * (half + 1) - magnitude.length);
    at += integer.length;
  }
  return output;
}

/** Signatures in a document, the outermost last: each stands behind its AlgorithmIdentifier. */
function signaturesIn(document: Uint8Array, algorithm: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  const bytes = Buffer.from(document);
  for (let at = bytes.indexOf(algorithm); at >= 0; at = bytes.indexOf(algorithm, at + 1)) {
    const next = at + algorithm.length;
    if (document[next] !== 0x03 && document[next] !== 0x04) continue;
    const string = tlvAt(document, next);
    // The key of an ML-DSA certificate stands behind the same identifier.
    if (string.length !== 2592 + 5) found.push(rawSignature(string));
  }
  return found;
}

const after = (document: Uint8Array, prefix: string, length: number): Uint8Array => {
  const at = Buffer.from(document).lastIndexOf(Buffer.from(prefix, 'hex'));
  return at < 0 ? new Uint8Array(length) : document.slice(at + prefix.length / 2, at + prefix.length / 2 + length);
};

/** Issuer and validity of a certificate; a request has none. */
function issuerOf(cert: Uint8Array, signatureAlgorithm: Uint8Array) {
  // Certificate and TBSCertificate 82 hi lo, version (5), serial number (22), algorithm, issuer, validity.
  const at = 8 + 5 + 22 + signatureAlgorithm.length;
  const issuerName = tlvAt(cert, at);
  const validity = tlvAt(cert, at + issuerName.length);
  return { issuerName, validity: { notBefore: validity.slice(4, 19), notAfter: validity.slice(21, 36) } };
}

const NO_ISSUER = {
  issuerName: new Uint8Array(0),
  validity: { notBefore: new Uint8Array(15), notAfter: new Uint8Array(15) },
};

/** Gives what the firmware's document says about its platform back to a DPE, which must make the same document of it. */
function remake({ request, response }: Issued): Uint8Array {
  const profile = PROFILES.get(messages.ResponseHdr.decodeFrom(response).profile) ?? P384_SHA384;
  const { cert, derived_pubkey, new_context_handle } = messages
    .CertifyKeyResp(profile)
    .decode(response.subarray(messages.ResponseHdr.size));
  const { handle, format } = messages.CertifyKeyReq(profile).decodeFrom(request.subarray(messages.CommandHdr.size));
  const [own, alias = own] = signaturesIn(cert, profile.signatureAlgorithm);
  const key = { publicKey: derived_pubkey, sign: () => own ?? new Uint8Array(0) };
  const crypto: DpeCrypto = {
    hash: (...parts) => provider.hashes.digest('sha384', ...parts),
    randomBytes: () => new_context_handle,
    deriveCdi: () => ({ deriveKeyPair: () => key }),
    deriveExportedCdi: () => new Uint8Array(32),
    exportedKeyPair: () => key,
    signWithAlias: () => alias ?? new Uint8Array(0),
  };
  const platform = {
    vendorId: 0,
    vendorSku: 0,
    certificateChain: new Uint8Array(0),
    ...(format === CERTIFY_KEY_FORMAT.X509 ? issuerOf(cert, profile.signatureAlgorithm) : NO_ISSUER),
    issuerKeyIdentifier: after(cert, '0603551d23041830168014', 20),
    signerIdentifier: { subjectKeyIdentifier: after(cert, '80160414', 20) },
  };
  const state = stateOf(cert, handle);
  const locality = state.localityOf(state.active()[0] ?? 0);
  return executeCommand({ profile, state, crypto, platform, compatibility: CALIPTRA_COMPATIBILITY }, locality, request);
}

const SESSIONS = ['dpe-ecc', 'dpe-mldsa', 'misc'];
const present = hasPack('caliptra', 'goldens');

(present ? describe : describe.skip)('documents of the real firmware, made again from what they say', () => {
  const issued = present ? SESSIONS.flatMap(issuedIn) : [];

  test('there are certificates and requests of both algorithms, and SVNs of different sizes', () => {
    const kinds = issued.map(({ request }) => {
      const view = new DataView(request.buffer, request.byteOffset);
      return `${view.getUint32(8, true)}/${view.getUint32(12 + 20, true)}`;
    });
    expect(new Set(kinds)).toEqual(new Set(['4/0', '4/1', '5/0', '5/1']));
    expect(issued.some(({ response }) => hex(response).includes('83021234a63f'))).toBe(true);
  });

  test.each(issued)('$name', (document) => {
    expect(hex(remake(document))).toBe(hex(document.response));
  });
});
