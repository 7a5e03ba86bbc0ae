import { bytesToHex } from '@rootcap/crypto';
import type { DeviceSnapshot } from 'rootcap';
import type { Connection } from './connection.ts';
import { invalidParameter, notAvailable } from './errors.ts';
import type { Said } from './listener.ts';
import { bytesOf, type Params } from './params.ts';
import { decodeState, encodeState } from './state-codec.ts';

/** What `snapshot` gives: the device and what its client has of it. */
interface SavedBoard {
  readonly fingerprint: string;
  readonly axiUser: number;
  readonly said: Said;
  readonly device: DeviceSnapshot;
}

/** @throws RpcError not-available while the firmware is at work */
export function snapshot({ axiUser, board, listener }: Connection): object {
  if (!board.device.atRest) throw notAvailable('a snapshot while the firmware is at work: step until idle');
  const saved: SavedBoard = {
    fingerprint: board.fingerprint,
    axiUser,
    said: listener.pending,
    device: board.device.snapshot(),
  };
  return { state: bytesToHex(encodeState(saved)) };
}

/** Puts a device that was created with the same options where another one was. */
export function restore(connection: Connection, params: Params): object {
  const { board, listener } = connection;
  const saved = decoded(bytesOf(params.state, 'state'));
  if (saved.fingerprint !== board.fingerprint)
    throw invalidParameter('state', 'that of a device with the same options');
  try {
    board.device.restore(saved.device);
  } catch (error) {
    if (error instanceof TypeError) throw invalidParameter('state', `what snapshot gives (${error.message})`);
    throw error;
  }
  connection.axiUser = Number(saved.axiUser) >>> 0;
  listener.pending = { text: String(saved.said?.text ?? ''), exit: saved.said?.exit };
  return {};
}

function decoded(bytes: Uint8Array): SavedBoard {
  try {
    const saved = decodeState(bytes);
    if (typeof saved === 'object' && saved !== null) return saved as SavedBoard;
  } catch {
    // Said below: whatever it is, it is not a state.
  }
  throw invalidParameter('state', 'what snapshot gives');
}
