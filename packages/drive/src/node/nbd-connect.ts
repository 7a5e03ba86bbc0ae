import { connect } from 'node:net';
import { NbdClient, NbdProtocolError } from '@rootcap/drive';
import type { NbdEndpoint } from './nbd-server.ts';

export interface NbdConnectOptions {
  /** Default: the server's first export. */
  readonly exportName?: string;
  /** Whether to ask for structured replies and `base:allocation`; default yes. */
  readonly structured?: boolean;
}

/** A client of the server at `endpoint`, without TLS. */
export async function connectNbd(endpoint: NbdEndpoint, options: NbdConnectOptions = {}): Promise<NbdClient> {
  const socket =
    'path' in endpoint ? connect(endpoint.path) : connect({ port: endpoint.port, host: endpoint.host ?? '127.0.0.1' });
  socket.setNoDelay(true);
  const wire = { send: (bytes: Uint8Array) => void socket.write(bytes), end: () => void socket.end() };
  return NbdClient.connect({ wire, ...options }, (client) => {
    socket.on('data', (bytes) => client.receive(bytes));
    socket.on('error', (error) => client.fail(error));
    socket.on('close', () => client.fail(new NbdProtocolError('CLOSED', 'the server closed the connection')));
  });
}
