/** Where a server listens. Only this machine can reach it. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp' | 'ws'; readonly host: '127.0.0.1'; readonly port: number };

/**
 * Reads `unix:PATH`, `tcp:127.0.0.1:PORT` or `ws:127.0.0.1:PORT`; port 0 lets the system choose.
 *
 * @throws RangeError if it is none of these
 */
export function parseEndpoint(text: string): Endpoint {
  const path = /^unix:(.+)$/s.exec(text)?.[1];
  if (path !== undefined) return { kind: 'unix', path };
  const [, kind, host, digits] = /^(tcp|ws):(.*):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (kind === undefined || port > 65535)
    throw new RangeError(`endpoint: ${text} is none of unix:PATH, tcp:127.0.0.1:PORT, ws:127.0.0.1:PORT`);
  if (host !== '127.0.0.1' && host !== 'localhost')
    throw new RangeError(`endpoint: ${host} is not this machine; only 127.0.0.1 is served`);
  return { kind: kind as 'tcp' | 'ws', host: '127.0.0.1', port };
}

/** As a client finds it in `ROOTCAP_RPC`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === 'unix' ? `unix:${endpoint.path}` : `${endpoint.kind}:${endpoint.host}:${endpoint.port}`;
}
