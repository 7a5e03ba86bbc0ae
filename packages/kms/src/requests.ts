import { bytesToHex, hexToBytes } from '@rootcap/crypto';
import { decodePem, X509Error } from '@rootcap/dice/x509';
import { checkHex, invalidArgument } from './checks.ts';
import type { Grant, KeyService } from './service.ts';

/** Who may ask: a drive shows its evidence with every request; an operator is known by a token. */
export type Role = 'drive' | 'operator';

/** Parameters as JSON has them. */
export type Params = Readonly<Record<string, unknown>>;

/** A verb as JSON in and out. */
export interface RequestVerb {
  readonly role: Role;
  run(service: KeyService, params: Params): unknown;
}

function text(params: Params, name: string): string {
  const value = params[name];
  if (typeof value !== 'string') throw invalidArgument(name, 'text');
  return value;
}

function optional<T>(params: Params, name: string, read: (params: Params, name: string) => T): Record<string, T> {
  return params[name] === undefined ? {} : { [name]: read(params, name) };
}

function bytes(params: Params, name: string, min: number, max = min): Uint8Array {
  return hexToBytes(checkHex(name, params[name], min, max));
}

/** Certificates of a PEM text. @throws KmsError `invalid-argument` */
export function chainOfPem(pem: unknown): Uint8Array[] {
  if (typeof pem !== 'string') throw invalidArgument('chain', 'certificates as PEM');
  try {
    return decodePem(pem)
      .filter(({ label }) => label === 'CERTIFICATE')
      .map(({ der }) => der);
  } catch (error) {
    if (error instanceof X509Error) throw invalidArgument('chain', `certificates as PEM: ${error.message}`);
    throw error;
  }
}

function context(params: Params): { context?: Readonly<Record<string, string>> } {
  const { context: given } = params;
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Object.values(given).some((value) => typeof value !== 'string'))
    throw invalidArgument('context', 'an object of texts');
  return { context: given as Readonly<Record<string, string>> };
}

function choice<const T extends string>(params: Params, name: string, choices: readonly T[]): Record<string, T> {
  return optional(params, name, () => {
    const value = params[name] as T;
    if (!choices.includes(value)) throw invalidArgument(name, `one of ${choices.join(', ')}`);
    return value;
  });
}

const asking = (params: Params) => ({
  binding: text(params, 'binding'),
  chain: chainOfPem(params.chain),
  ...context(params),
});

/** A grant with its bytes in hexadecimal. */
export function grantJson({ info, enc, ciphertexts, metadata, ...grant }: Grant) {
  return {
    ...grant,
    info: bytesToHex(info),
    metadata: bytesToHex(metadata),
    enc: bytesToHex(enc),
    ciphertexts: ciphertexts.map(bytesToHex),
  };
}

/** What a server answers, by name. Bytes are hexadecimal, chains PEM. */
export const REQUEST_VERBS = {
  seal: {
    role: 'drive',
    run: (service, params) =>
      grantJson(service.seal({ ...asking(params), ...choice(params, 'operation', ['generate', 'enable']) })),
  },
  rotate: { role: 'drive', run: (service, params) => grantJson(service.rotate(asking(params))) },
  test: {
    role: 'drive',
    run(service, params) {
      const { nonce, ...grant } = service.test({ ...asking(params), ...choice(params, 'key', ['current', 'next']) });
      return { ...grantJson(grant), nonce: bytesToHex(nonce) };
    },
  },
  confirm: {
    role: 'drive',
    run: (service, params) =>
      service.confirm({ binding: text(params, 'binding'), digest: bytes(params, 'digest', 48) }),
  },
  enrol: {
    role: 'operator',
    run: (service, params) =>
      service.enrol({
        chain: chainOfPem(params.chain),
        ...optional(params, 'name', text),
        accept: params.accept === true,
      }),
  },
  bind: {
    role: 'operator',
    run: (service, params) =>
      service.bind({
        device: text(params, 'device'),
        party: text(params, 'party'),
        object: text(params, 'object'),
        ...optional(params, 'metadata', text),
      }),
  },
  erase: {
    role: 'operator',
    run: (service, params) =>
      service.erase({
        binding: text(params, 'binding'),
        ...optional(params, 'evidence', () => bytes(params, 'evidence', 1, 65536)),
      }),
  },
  revoke: {
    role: 'operator',
    run: (service, params) => service.revoke({ device: text(params, 'device'), reason: text(params, 'reason') }),
  },
  list: { role: 'operator', run: (service) => service.list() },
  audit: { role: 'operator', run: (service) => ({ head: service.head, records: service.audit() }) },
} as const satisfies Readonly<Record<string, RequestVerb>>;

export type RequestName = keyof typeof REQUEST_VERBS;
