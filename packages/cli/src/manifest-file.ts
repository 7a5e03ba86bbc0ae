import { bytesToHex, type CryptoProvider } from '@rootcap/crypto';
import {
  IMAGE_SOURCES,
  type ImageMetadataOptions,
  type ImageSource,
  type ManifestSigner,
  type ManifestSigningRequests,
  PQC_SIZES,
  type PqcKeyType,
  type SignaturePair,
  type SigningRequest,
  type SocManifestKind,
} from '@rootcap/image';
import { UsageError } from './errors.ts';
import { checkNames, isRecord, jsonFlag, jsonHex, jsonNumber, parseJson, parseJsonObject } from './json.ts';
import type { Terminal } from './terminal.ts';

/** Whoever signs a part of a SoC manifest. */
export const MANIFEST_SIGNERS = [
  'vendorFirmware',
  'vendorManifest',
  'ownerFirmware',
  'ownerManifest',
] as const satisfies readonly ManifestSigner[];

/** What a list of images may say of each. */
const IMAGE_NAMES = [
  'fwId',
  'image',
  'digest',
  'componentId',
  'classification',
  'imageSource',
  'ignoreAuthCheck',
  'execBit',
  'imageLoadAddress',
  'imageStagingAddress',
] as const;

function addressOf(value: unknown, argument: string): bigint {
  const whole =
    typeof value === 'number'
      ? Number.isSafeInteger(value) && value >= 0
      : /^(?:0x[0-9a-f]+|\d+)$/i.test(String(value));
  if (!whole) throw new UsageError(`${argument}: expected an address, got ${JSON.stringify(value)}`);
  return BigInt(value as number | string);
}

function sourceOf(value: unknown, argument: string): ImageSource {
  const names = Object.keys(IMAGE_SOURCES) as ImageSource[];
  const source = names.find((name) => name === value);
  if (source === undefined) throw new UsageError(`${argument}: expected one of ${names.join(', ')}`);
  return source;
}

/** SHA-384 that is stated, or that of the file which is named. */
function digestOf(
  terminal: Terminal,
  { hashes }: CryptoProvider,
  { digest, image }: Readonly<Record<string, unknown>>,
  argument: string,
): Uint8Array {
  if ((digest === undefined) === (image === undefined))
    throw new UsageError(`${argument}: expected either digest or image (a file)`);
  if (digest !== undefined) return jsonHex(digest, `${argument}.digest`, 48);
  return hashes.digest('sha384', terminal.read(String(image), `${argument}.image`));
}

/**
 * Reads a list of images: a JSON array of objects with `fwId`, `digest` or `image` (the path of a file), and what else a
 * manifest says of an image.
 *
 * @throws UsageError naming the entry
 */
export function readImages(
  terminal: Terminal,
  provider: CryptoProvider,
  path: string,
  argument: string,
): ImageMetadataOptions[] {
  const list = parseJson(terminal.read(path, argument), argument);
  if (!Array.isArray(list)) throw new UsageError(`${argument}: expected a JSON array of images`);
  return list.map((entry: unknown, i) => {
    const at = `${argument}: [${i}]`;
    if (!isRecord(entry)) throw new UsageError(`${at}: expected an object`);
    checkNames(entry, IMAGE_NAMES, at);
    const number = (name: 'componentId' | 'classification' | 'execBit') =>
      entry[name] === undefined ? {} : { [name]: jsonNumber(entry[name], `${at}.${name}`) };
    const address = (name: 'imageLoadAddress' | 'imageStagingAddress') =>
      entry[name] === undefined ? {} : { [name]: addressOf(entry[name], `${at}.${name}`) };
    const { ignoreAuthCheck, imageSource } = entry;
    return {
      fwId: jsonNumber(entry.fwId, `${at}.fwId`),
      digest: digestOf(terminal, provider, entry, at),
      ...number('componentId'),
      ...number('classification'),
      ...number('execBit'),
      ...address('imageLoadAddress'),
      ...address('imageStagingAddress'),
      ...(imageSource === undefined ? {} : { imageSource: sourceOf(imageSource, `${at}.imageSource`) }),
      ...(ignoreAuthCheck === undefined ? {} : { ignoreAuthCheck: jsonFlag(ignoreAuthCheck, `${at}.ignoreAuthCheck`) }),
    };
  });
}

/** What a requests file says. */
export interface RequestsFile {
  readonly kind: SocManifestKind;
  readonly pqc: PqcKeyType;
  readonly requests: ManifestSigningRequests;
}

/** Text of a requests file. */
export function requestsText({ kind, pqc, requests }: RequestsFile): string {
  const hex = ({ message, eccDigest, pqcMessage }: SigningRequest) => ({
    message: bytesToHex(message),
    eccDigest: bytesToHex(eccDigest),
    pqcMessage: bytesToHex(pqcMessage),
  });
  const named = Object.entries(requests).map(([signer, request]) => [signer, hex(request)]);
  return `${JSON.stringify({ kind, pqc, requests: Object.fromEntries(named) }, null, 2)}\n`;
}

/** @throws UsageError naming the field that is wrong */
export function readRequests(terminal: Terminal, path: string, argument: string): RequestsFile {
  const file = parseJsonObject(terminal.read(path, argument), argument, 'signing requests');
  const { kind, pqc, requests } = file;
  if (kind !== 'authorization' && kind !== 'owner-authorization')
    throw new UsageError(`${argument}: kind: expected authorization or owner-authorization`);
  if (pqc !== 'mldsa' && pqc !== 'lms') throw new UsageError(`${argument}: pqc: expected mldsa or lms`);
  if (!isRecord(requests)) throw new UsageError(`${argument}: requests: expected an object`);
  checkNames(requests, MANIFEST_SIGNERS, `${argument}: requests`);
  const read = ([signer, request]: [string, unknown]): [string, SigningRequest] => {
    const at = `${argument}: requests.${signer}`;
    if (!isRecord(request)) throw new UsageError(`${at}: expected an object`);
    return [
      signer,
      {
        message: jsonHex(request.message, `${at}.message`),
        eccDigest: jsonHex(request.eccDigest, `${at}.eccDigest`, 48),
        pqcMessage: jsonHex(request.pqcMessage, `${at}.pqcMessage`),
      },
    ];
  };
  return { kind, pqc, requests: Object.fromEntries(Object.entries(requests).map(read)) };
}

export type ManifestSignatures = Readonly<Partial<Record<ManifestSigner, SignaturePair>>>;

/** Text of a signatures file: per signer `ecc` (r ‖ s) and `pqc`, hexadecimal. */
export function signaturesText(signatures: ManifestSignatures): string {
  const named = Object.entries(signatures).map(([signer, { ecc, pqc }]) => [
    signer,
    { ecc: bytesToHex(ecc), pqc: bytesToHex(pqc) },
  ]);
  return `${JSON.stringify(Object.fromEntries(named), null, 2)}\n`;
}

/** @throws UsageError naming the field that is wrong */
export function readSignatures(terminal: Terminal, path: string, argument: string): ManifestSignatures {
  const file = parseJsonObject(terminal.read(path, argument), argument, 'signatures');
  checkNames(file, MANIFEST_SIGNERS, argument);
  const read = ([signer, pair]: [string, unknown]): [string, SignaturePair] => {
    const at = `${argument}: ${signer}`;
    if (!isRecord(pair)) throw new UsageError(`${at}: expected an object`);
    checkNames(pair, ['ecc', 'pqc'], at);
    const pqc = jsonHex(pair.pqc, `${at}.pqc`);
    // Hardware gives 4628 bytes: the signature and a zero.
    const cut = pqc.length === PQC_SIZES.mldsa.signature + 1 && pqc.at(-1) === 0 ? pqc.slice(0, -1) : pqc;
    return [signer, { ecc: jsonHex(pair.ecc, `${at}.ecc`, 96), pqc: cut }];
  };
  return Object.fromEntries(Object.entries(file).map(read));
}
