import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Params, RequestName } from '@rootcap/kms';
import { parseKmsEndpoint } from './endpoint.ts';

/** The service refused, or did not answer as one. `code` is the service's own. */
export class KmsClientError extends Error {
  override readonly name = 'KmsClientError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface KmsClientOptions {
  readonly operatorToken?: string;
  /** PEM of the CAs that may vouch for an `https` server; default those of the system. */
  readonly ca?: string;
  /** Milliseconds without an answer. Default 10 000. */
  readonly timeout?: number;
}

/** Asks a served key service. */
export type KmsClient = (verb: RequestName, params?: Params) => Promise<Readonly<Record<string, unknown>>>;

function send(at: string, verb: string, body: string, options: KmsClientOptions): Promise<string> {
  const endpoint = parseKmsEndpoint(at);
  const { operatorToken, ca, timeout = 10_000 } = options;
  const where = endpoint.kind === 'unix' ? { socketPath: endpoint.path } : { host: endpoint.host, port: endpoint.port };
  const start = endpoint.kind === 'https' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = start(
      {
        ...where,
        ...(ca === undefined ? {} : { ca }),
        method: 'POST',
        path: `/v1/${verb}`,
        timeout,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...(operatorToken === undefined ? {} : { authorization: `Bearer ${operatorToken}` }),
        },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeout} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}

/**
 * A client of a served key service.
 *
 * @param at - `unix:PATH`, `http://HOST:PORT` or `https://HOST:PORT`
 * @throws RangeError if it is none of these; a call rejects with {@link KmsClientError}
 */
export function connectKeyService(at: string, options: KmsClientOptions = {}): KmsClient {
  parseKmsEndpoint(at);
  return async (verb, params = {}) => {
    let json: { readonly error?: { readonly code: string; readonly message: string } };
    try {
      json = JSON.parse(await send(at, verb, JSON.stringify(params), options)) as typeof json;
    } catch (cause) {
      throw new KmsClientError('unreachable', `${at}: ${(cause as Error).message}`, { cause });
    }
    if (json.error !== undefined) throw new KmsClientError(json.error.code, json.error.message);
    return json as Readonly<Record<string, unknown>>;
  };
}
