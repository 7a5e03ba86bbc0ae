import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type Server as TlsServer } from 'node:tls';
import { type Namespace, NbdProtocolError, NbdSession, type TlsPolicy } from '@rootcap/drive';

/** Where an NBD server listens. Port 0 lets the system choose. */
export type NbdEndpoint = { readonly path: string } | { readonly port: number; readonly host?: string };

/** TLS with certificates, or with keys that both sides know. */
export type NbdTls = {
  /** Default `require`. */
  readonly policy?: Exclude<TlsPolicy, 'off'>;
} & (
  | {
      /** PEM. */
      readonly cert: string;
      readonly key: string;
      /** PEM; if it is there, clients have to show a certificate of it. */
      readonly ca?: string;
    }
  | {
      /** The key of an identity. @returns undefined if it has none */
      readonly psk: (identity: string) => Uint8Array | undefined;
    }
);

export interface NbdServerOptions {
  readonly endpoint: NbdEndpoint;
  /** One export each; asked at every connection. */
  readonly namespaces: () => readonly Namespace[];
  readonly tls?: NbdTls;
  /** Default 64. One more is closed at once. */
  readonly maxConnections?: number;
  /** Milliseconds until the haggling has to be over; default 10,000. */
  readonly handshakeTimeout?: number;
  /** Milliseconds for which a client may leave a request or its answers half-done; default 60,000. */
  readonly stallTimeout?: number;
  /** Hears why connections ended early. */
  readonly onError?: (error: unknown) => void;
}

export interface NbdServer {
  /** `nbd+unix:///NAME?socket=PATH` or `nbd://HOST:PORT/NAME`, with `nbds` for TLS, without the name. */
  readonly uri: string;
  readonly connections: number;
  /** Stops listening and ends all connections. */
  close(): Promise<void>;
}

const HANDSHAKE_TIMEOUT = 10_000;

/** PSK needs suites of its own; TLS 1.3 has none of OpenSSL's that other libraries offer for it. */
const PSK_OPTIONS: TlsOptions = {
  ciphers:
    'ECDHE-PSK-CHACHA20-POLY1305:DHE-PSK-AES256-GCM-SHA384:PSK-AES256-GCM-SHA384:PSK-AES128-GCM-SHA256:@SECLEVEL=1',
  maxVersion: 'TLSv1.2',
};

/** Never listens: it is given one connection, which asked for TLS. */
function tlsServer(tls: NbdTls, handshakeTimeout: number): TlsServer {
  if ('psk' in tls) {
    const pskCallback = (_socket: unknown, identity: string): Uint8Array | null => tls.psk(identity) ?? null;
    return createTlsServer({ ...PSK_OPTIONS, handshakeTimeout, pskCallback } as TlsOptions);
  }
  const { cert, key, ca } = tls;
  const mutual = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ cert, key, handshakeTimeout, ...mutual });
}

/** A client's socket and its session. */
class Connection {
  readonly #options: NbdServerOptions;
  readonly #session: NbdSession;
  /** The one that carries the session: the plain socket, or TLS over it. */
  #socket: Socket;
  #scheduled = false;
  readonly #deadline: NodeJS.Timeout;

  constructor(socket: Socket, options: NbdServerOptions) {
    const { handshakeTimeout = HANDSHAKE_TIMEOUT, stallTimeout = 60_000 } = options;
    this.#socket = socket;
    this.#options = options;
    this.#session = new NbdSession({
      exports: options.namespaces,
      tls: options.tls === undefined ? 'off' : (options.tls.policy ?? 'require'),
      wire: {
        send: (bytes) => this.#socket.write(bytes),
        startTls: () => this.#startTls(),
        end: () => this.#socket.end(),
      },
      wake: () => this.#work(),
      allocate: Buffer.allocUnsafeSlow,
      onError: (error) => options.onError?.(error),
    });
    this.#deadline = setTimeout(() => {
      if (!this.#session.transmitting) this.#abandon('the handshake took too long');
    }, handshakeTimeout);
    socket.setNoDelay(true);
    socket.on('close', () => this.#close());
    socket.on('error', (error) => options.onError?.(error));
    socket.setTimeout(stallTimeout, () => {
      if (this.#session.stalled) this.#abandon('the client does not go on');
    });
    this.#attach(socket);
  }

  destroy(): void {
    this.#close();
    this.#socket.destroy();
  }

  #attach(socket: Socket): void {
    socket.on('data', this.#receive);
    socket.on('drain', this.#drained);
  }

  readonly #receive = (bytes: Uint8Array): void => {
    this.#session.receive(bytes);
    this.#work();
  };

  readonly #drained = (): void => {
    this.#session.drained();
    this.#work();
  };

  #work(): void {
    // While others have their turns, what comes waits for the next one of this connection.
    if (this.#scheduled) return;
    this.#socket.cork();
    let more = false;
    try {
      more = this.#session.work();
    } catch {
      this.destroy();
      return;
    } finally {
      this.#socket.uncork();
    }
    if (this.#session.full) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
    if (!more) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#work();
    });
  }

  #startTls(): void {
    const plain = this.#socket;
    const { tls, handshakeTimeout = HANDSHAKE_TIMEOUT, onError } = this.#options;
    plain.off('data', this.#receive);
    plain.off('drain', this.#drained);
    const server = tlsServer(tls as NbdTls, handshakeTimeout);
    server.on('secureConnection', (socket) => {
      socket.on('error', (error) => onError?.(error));
      this.#socket = socket;
      this.#attach(socket);
      this.#session.secured();
      this.#work();
    });
    server.on('tlsClientError', (error) => {
      onError?.(error);
      plain.destroy();
    });
    server.emit('connection', plain);
  }

  #abandon(reason: string): void {
    this.#options.onError?.(new NbdProtocolError('TIMEOUT', reason));
    this.destroy();
  }

  #close(): void {
    clearTimeout(this.#deadline);
    this.#session.close();
  }
}

/**
 * Serves namespaces over NBD. Every connection has its turns; what one client does or leaves undone ends its own
 * connection at most.
 */
export async function serveNbd(options: NbdServerOptions): Promise<NbdServer> {
  const { endpoint, tls, maxConnections = 64 } = options;
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, options);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  });
  server.maxConnections = maxConnections;
  await listen(server, endpoint);
  return {
    uri: uriOf(server, endpoint, tls !== undefined),
    get connections() {
      return connections.size;
    },
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        for (const connection of connections) connection.destroy();
      }),
  };
}

function listen(server: Server, endpoint: NbdEndpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const listening = (): void => {
      server.off('error', reject);
      resolve();
    };
    if ('path' in endpoint) server.listen(endpoint.path, listening);
    else server.listen(endpoint.port, endpoint.host ?? '127.0.0.1', listening);
  });
}

function uriOf(server: Server, endpoint: NbdEndpoint, tls: boolean): string {
  const scheme = tls ? 'nbds' : 'nbd';
  if ('path' in endpoint) return `${scheme}+unix:///?socket=${endpoint.path}`;
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : endpoint.port;
  return `${scheme}://${endpoint.host ?? '127.0.0.1'}:${port}/`;
}
