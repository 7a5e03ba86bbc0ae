import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { DRIVE_VERBS, DriveError, type DriveParams, type DriveVerb, type SelfEncryptingDrive } from '@rootcap/drive';
import { RotError } from '@rootcap/errors';

/** Longest request: a grant with its longest encapsulation has ample room. */
const MAX_LINE = 65_536;
const TIMEOUT = 60_000;

interface ControlError {
  readonly code: string;
  readonly message: string;
}

/** A drive refused, or none answers. `code` is the drive's own, or `unreachable`. */
export class DriveControlError extends Error {
  override readonly name = 'DriveControlError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface DriveControlServer {
  close(): Promise<void>;
}

function errorOf(error: unknown): ControlError {
  if (error instanceof DriveError || error instanceof DriveControlError)
    return { code: error.code, message: error.message };
  if (error instanceof RotError) return { code: error.symbol, message: error.message };
  if (error instanceof RangeError) return { code: 'INVALID', message: error.message };
  // Whatever else went wrong is the drive's own business.
  return { code: 'FAILURE', message: 'the drive cannot answer' };
}

async function answer(drive: SelfEncryptingDrive, line: string): Promise<unknown> {
  try {
    const request = parsed(line);
    return { result: (await DRIVE_VERBS[request.verb](drive, request.params)) ?? null };
  } catch (error) {
    return { error: errorOf(error) };
  }
}

/** What is no JSON object has no verb. */
function objectOf(line: string): { readonly verb?: unknown; readonly params?: unknown } {
  try {
    return (JSON.parse(line) as object | null) ?? {};
  } catch {
    return {};
  }
}

function parsed(line: string): { readonly verb: DriveVerb; readonly params: DriveParams } {
  const { verb, params = {} } = objectOf(line);
  if (typeof verb !== 'string' || !Object.hasOwn(DRIVE_VERBS, verb))
    throw new DriveControlError('INVALID', `verb: expected one of ${Object.keys(DRIVE_VERBS).join(', ')}`);
  if (typeof params !== 'object' || params === null)
    throw new DriveControlError('INVALID', 'params: expected an object');
  return { verb: verb as DriveVerb, params: params as DriveParams };
}

/**
 * Lets other processes of the same user steer a drive: one JSON object a line, `{ verb, params }`, answered by
 * `{ result }` or `{ error: { code, message } }`. Requests run one after the other.
 */
export async function serveDriveControl(drive: SelfEncryptingDrive, path: string): Promise<DriveControlServer> {
  let last: Promise<unknown> = Promise.resolve();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_LINE) socket.destroy();
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        last = last.then(async () => socket.write(`${JSON.stringify(await answer(drive, line))}\n`));
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          rmSync(path, { force: true });
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Asks a served drive. @returns the result. @throws DriveControlError */
export function askDrive(path: string, verb: DriveVerb, params: DriveParams = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void =>
      reject(new DriveControlError('unreachable', `${path}: ${message}`, { cause }));
    const socket = connect(path, () => socket.write(`${JSON.stringify({ verb, params })}\n`));
    let text = '';
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT, () => socket.destroy(new Error(`no answer within ${TIMEOUT} ms`)));
    socket.on('error', (error) => fail(`no drive answers (${error.message})`, error));
    socket.on('close', () => fail('the drive went away without an answer'));
    socket.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end < 0) return;
      const { result, error } = JSON.parse(text.slice(0, end)) as { result?: unknown; error?: ControlError };
      if (error === undefined) resolve(result);
      else reject(new DriveControlError(error.code, error.message));
      socket.end();
    });
  });
}
