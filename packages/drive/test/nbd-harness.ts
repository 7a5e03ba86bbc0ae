import { type Namespace, NbdClient, NbdSession, type NbdSessionOptions } from '@rootcap/drive';

export interface Linked {
  readonly session: NbdSession;
  /** What the server said, if nobody takes it. */
  readonly said: Uint8Array[];
  readonly errors: unknown[];
  ended: boolean;
  /** Gives bytes to the server and lets it work. */
  send(bytes: Uint8Array): void;
}

/** A session whose wire is kept in memory. @param cut - pieces in which bytes arrive at the server */
export function link(
  exports: readonly Namespace[],
  options: Partial<NbdSessionOptions> & {
    readonly cut?: () => number;
    readonly hear?: (bytes: Uint8Array) => void;
  } = {},
): Linked {
  const { cut = () => 65_536, hear, ...rest } = options;
  const said: Uint8Array[] = [];
  const errors: unknown[] = [];
  const work = (): void => {
    while (session.work());
  };
  const linked: Linked = {
    get session() {
      return session;
    },
    said,
    errors,
    ended: false,
    send(bytes) {
      for (let at = 0; at < bytes.length; ) {
        const size = Math.min(cut(), bytes.length - at);
        session.receive(bytes.slice(at, at + size));
        at += size;
        work();
      }
    },
  };
  const session: NbdSession = new NbdSession({
    exports: () => exports,
    wake: work,
    onError: (error) => errors.push(error),
    ...rest,
    wire: {
      send: (bytes) => {
        if (hear === undefined) said.push(bytes.slice());
        else hear(bytes);
        return true;
      },
      startTls: () => undefined,
      end: () => {
        linked.ended = true;
      },
      ...rest.wire,
    },
  });
  return linked;
}

/** A client of a session in memory. */
export async function client(
  exports: readonly Namespace[],
  options: Partial<NbdSessionOptions> & { readonly cut?: () => number; readonly structured?: boolean } = {},
): Promise<{ readonly client: NbdClient; readonly linked: Linked }> {
  const { structured = true, ...rest } = options;
  let use: NbdClient | undefined;
  const early: Uint8Array[] = [];
  const linked = link(exports, {
    ...rest,
    hear: (bytes) => (use === undefined ? void early.push(bytes.slice()) : use.receive(bytes)),
  });
  const wire = { send: (bytes: Uint8Array) => linked.send(bytes), end: () => undefined };
  const connected = await NbdClient.connect({ wire, structured }, (made) => {
    use = made;
    for (const bytes of early) made.receive(bytes);
  });
  return { client: connected, linked };
}
