import { createHash, timingSafeEqual } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import {
  type KeyService,
  KmsError,
  type KmsErrorCode,
  type Params,
  REQUEST_VERBS,
  type RequestVerb,
} from '@rootcap/kms';
import { formatKmsEndpoint, isLocal, type KmsEndpoint, parseKmsEndpoint } from './endpoint.ts';

export interface KmsServeOptions {
  /** Bearer token of the operator, 16 characters or more. Without it there are only the verbs of drives. */
  readonly operatorToken?: string;
  /** PEM; for `https`. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface KmsServer {
  /** Where it listens, with the port that the system chose. */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Chain, context and digest of one request have ample room in it. */
const MAX_BODY = 256 * 1024;
const MIN_TOKEN = 16;

/** HTTP statuses of refusals that are not 403. */
const STATUS: Readonly<Partial<Record<KmsErrorCode, number>>> = {
  'invalid-argument': 400,
  'unknown-device': 404,
  'unknown-binding': 404,
  'no-test': 409,
  'binding-erased': 410,
  'log-damaged': 500,
  'store-damaged': 500,
};

/** A request that never comes to a verb. */
class HttpRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.status = status;
    this.code = code;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Params> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new HttpRefusal(413, 'too-large', `expected at most ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  try {
    const json: unknown = JSON.parse(Buffer.concat(chunks).toString() || '{}');
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Params;
  } catch {
    // What is no JSON is no object either.
  }
  throw new HttpRefusal(400, 'invalid-request', 'expected a JSON object');
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compares digests, so that the time tells nothing of the token. */
function isOperator({ headers: { authorization = '' } }: IncomingMessage, token: string | undefined): boolean {
  return token !== undefined && timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
}

function verbOf(request: IncomingMessage, token: string | undefined): RequestVerb {
  const name = /^\/v1\/([a-z]+)$/.exec(request.url ?? '')?.[1] ?? '';
  const verbs: Readonly<Record<string, RequestVerb>> = REQUEST_VERBS;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined)
    throw new HttpRefusal(404, 'unknown-verb', `expected /v1/ and one of ${Object.keys(verbs).join(', ')}`);
  if (request.method !== 'POST') throw new HttpRefusal(405, 'invalid-request', 'expected POST');
  // A page of another site can send a form or plain text, but not JSON, without being asked first.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? ''))
    throw new HttpRefusal(415, 'invalid-request', 'expected content-type application/json');
  if (verb.role === 'operator' && !isOperator(request, token))
    throw new HttpRefusal(401, 'unauthorized', 'expected the bearer token of the operator');
  return verb;
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  });
  response.end(text);
}

function replyError(response: ServerResponse, error: unknown): void {
  if (error instanceof KmsError)
    reply(response, STATUS[error.code] ?? 403, { error: { code: error.code, message: error.message } });
  else if (error instanceof HttpRefusal)
    reply(response, error.status, { error: { code: error.code, message: error.message } });
  // Whatever else went wrong is the service's own business.
  else reply(response, 500, { error: { code: 'failure', message: 'failure: the service cannot answer' } });
}

async function answer(
  service: KeyService,
  token: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const verb = verbOf(request, token);
    reply(response, 200, verb.run(service, await bodyOf(request)));
  } catch (error) {
    replyError(response, error);
  } finally {
    request.resume();
  }
}

function listen(server: Server, endpoint: KmsEndpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const ready = (): void => {
      server.off('error', reject);
      resolve();
    };
    if (endpoint.kind === 'unix') server.listen(endpoint.path, ready);
    else server.listen(endpoint.port, endpoint.host, ready);
  });
}

function checkOptions(endpoint: KmsEndpoint, { operatorToken, tls }: KmsServeOptions): void {
  if (operatorToken !== undefined && operatorToken.length < MIN_TOKEN)
    throw new RangeError(`operatorToken: expected at least ${MIN_TOKEN} characters, got ${operatorToken.length}`);
  if ((endpoint.kind === 'https') !== (tls !== undefined))
    throw new RangeError('tls: expected certificate and key with https, and only with it');
  if (operatorToken !== undefined && endpoint.kind === 'http' && !isLocal(endpoint))
    throw new RangeError('operatorToken: expected https or this machine, a token is not sent in the clear');
}

/**
 * Serves a key service: `POST /v1/VERB` with a JSON object, which is answered by one; a refusal is `{ error: { code, message } }`.
 *
 * Drives need no secret: what is sealed only their own hardware can open. The other verbs want the operator's token.
 *
 * @param at - `unix:PATH`, `http://HOST:PORT` or `https://HOST:PORT`
 * @throws RangeError for options that do not go together, the system's error if nobody can listen there
 */
export async function serveKeyService(
  service: KeyService,
  at: string,
  options: KmsServeOptions = {},
): Promise<KmsServer> {
  const endpoint = parseKmsEndpoint(at);
  checkOptions(endpoint, options);
  const { operatorToken, tls } = options;
  const handle = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(service, operatorToken, request, response);
  const server = tls === undefined ? createHttpServer(handle) : createHttpsServer({ ...tls }, handle);
  await listen(server, endpoint);
  if (endpoint.kind === 'unix') chmodSync(endpoint.path, 0o600);
  const address = server.address();
  const actual =
    endpoint.kind !== 'unix' && typeof address === 'object' && address !== null
      ? { ...endpoint, port: address.port }
      : endpoint;
  return {
    endpoint: formatKmsEndpoint(actual),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          if (endpoint.kind === 'unix') rmSync(endpoint.path, { force: true });
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
