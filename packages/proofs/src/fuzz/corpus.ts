import { COMMAND_ID, sealMessage } from '@rootcap/firmware';
import type { CommandRequest } from './command-requests.ts';
import type { Random } from './random.ts';

/** Requests with one outcome that are kept, the last ones. */
const KEPT = 6;
/** Costly, and falsified images have a run of their own; or ends the device or its attestation. */
const LEFT_OUT: readonly number[] = [
  COMMAND_ID.FIRMWARE_LOAD,
  COMMAND_ID.SHUTDOWN,
  COMMAND_ID.DISABLE_ATTESTATION,
  COMMAND_ID.SELF_TEST_START,
];
/** Refusals before a command is looked at. */
const UNSEEN = /(RUNTIME_INVALID_CHECKSUM|RUNTIME_UNIMPLEMENTED_COMMAND|DRIVER_DMA_TRANSACTION_ERROR)$/;
const CHECKSUM_SIZE = 4;
/** Where most messages have their numbers. */
const HEAD_SIZE = 64;

/**
 * Requests by what came of them. What comes next is a variant of one of these: every outcome is taken up equally often,
 * so that what lies behind a rare one is looked at as much as behind a common one.
 */
export class Corpus {
  readonly #requests = new Map<string, CommandRequest[]>();
  readonly #outcomes: string[] = [];

  /** @param outcome - command and code */
  keep(outcome: string, request: CommandRequest): void {
    if (LEFT_OUT.includes(request.meant) || UNSEEN.test(outcome) || request.message.length <= CHECKSUM_SIZE) return;
    const kept = this.#requests.get(outcome);
    if (kept === undefined) {
      this.#requests.set(outcome, [request]);
      this.#outcomes.push(outcome);
      return;
    }
    kept.push(request);
    if (kept.length > KEPT) kept.shift();
  }

  /** A variant of a request that is kept, if there is any. */
  variant(random: Random): CommandRequest | undefined {
    if (this.#outcomes.length === 0) return undefined;
    const outcome = random.pick(this.#outcomes);
    return variantOf(random, random.pick(this.#requests.get(outcome) ?? []));
  }
}

function variantOf(random: Random, request: CommandRequest): CommandRequest {
  const { id, meant, message, staged } = request;
  const axiUser = random.chance(0.1) ? random.below(4) : request.axiUser;
  const wrapped = id !== meant && staged !== undefined;
  if (wrapped) return { ...request, axiUser, staged: changed(random, meant, staged) };
  return { ...request, axiUser, message: changed(random, id, message) };
}

/** A copy with some bytes behind the checksum changed, and the checksum that belongs to them. */
function changed(random: Random, id: number, message: Uint8Array): Uint8Array {
  if (message.length <= CHECKSUM_SIZE) return message.slice();
  const copy = random.chance(0.1) ? otherLength(random, message) : message.slice();
  for (let n = random.below(3); n > 0 && copy.length > CHECKSUM_SIZE; n--) changeOnce(random, copy);
  return copy.length < CHECKSUM_SIZE ? copy : sealMessage(id, copy);
}

function otherLength(random: Random, message: Uint8Array): Uint8Array {
  const length = Math.max(0, message.length + random.below(17) - 8);
  const copy = new Uint8Array(length);
  copy.set(message.subarray(0, length));
  return copy;
}

/** A bit, or a whole word. */
function changeOnce(random: Random, message: Uint8Array): void {
  const end = random.chance(0.6) ? Math.min(HEAD_SIZE, message.length) : message.length;
  const at = CHECKSUM_SIZE + random.below(end - CHECKSUM_SIZE);
  if (random.chance(0.5)) {
    message[at] = (message[at] as number) ^ (1 << random.below(8));
    return;
  }
  const value = random.chance(0.5) ? random.below(8) : random.edge();
  const start = at & ~3;
  for (let i = 0; i < 4 && start + i < message.length; i++) message[start + i] = value >>> (8 * i);
}
