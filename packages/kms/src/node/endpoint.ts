/** Where a key service listens. */
export type KmsEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'http' | 'https'; readonly host: string; readonly port: number };

/**
 * Reads `unix:PATH`, `http://HOST:PORT` or `https://HOST:PORT`; port 0 lets the system choose.
 *
 * @throws RangeError if it is none of these
 */
export function parseKmsEndpoint(text: string): KmsEndpoint {
  const path = /^unix:(.+)$/s.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const [, kind, host, digits] = /^(https?):\/\/([^/:]+|\[[0-9a-f:]+\]):(\d{1,5})\/?$/i.exec(text) ?? [];
  const port = Number(digits);
  if (kind === undefined || host === undefined || port > 65535)
    throw new RangeError(`endpoint: ${text} is none of unix:PATH, http://HOST:PORT, https://HOST:PORT`);
  return { kind: kind.toLowerCase() as 'http' | 'https', host: host.replace(/^\[|\]$/g, ''), port };
}

export function formatKmsEndpoint(endpoint: KmsEndpoint): string {
  if (endpoint.kind === 'unix') return `unix:${endpoint.path}`;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.kind}://${host}:${endpoint.port}`;
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Whether only this machine can reach it. */
export function isLocal(endpoint: KmsEndpoint): boolean {
  return endpoint.kind === 'unix' || LOOPBACK.includes(endpoint.host);
}
