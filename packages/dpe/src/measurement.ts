import type { DpeEnvironment } from './environment.ts';
import { profileResponse } from './profile-response.ts';
import type { Context } from './state-layout.ts';

const NO = Uint8Array.of(0);
const YES = Uint8Array.of(1);

/** A context with one more measurement: `cumulative = H(cumulative ‖ data)`, `current = data`. */
export function measured({ crypto }: Pick<DpeEnvironment, 'crypto'>, context: Context, data: Uint8Array): Context {
  const tci_cumulative = crypto.hash(context.tci.tci_cumulative, data);
  return { ...context, tci: { ...context.tci, tci_cumulative, tci_current: data } };
}

/**
 * Measurement digest of a context: the hash of
 *
 *     for each node from the context up to its root: TciNodeData ‖ allow_x509 (1 byte)
 *     if any of them uses internal info:  GetProfile response ‖ profile id (u32)
 *     if any of them uses internal DICE:  the whole certificate chain
 *
 * @see caliptra-dpe:dpe/src/dpe_instance.rs compute_measurement_hash
 */
export function measurementDigest(env: DpeEnvironment, index: number): Uint8Array {
  const { state } = env;
  const parts: Uint8Array[] = [];
  let info = false;
  let dice = false;
  for (const at of state.pathToRoot(index)) {
    parts.push(state.tciBytes(at), state.field(at, 'allow_x509') !== 0 ? YES : NO);
    info ||= state.field(at, 'uses_internal_input_info') !== 0;
    dice ||= state.field(at, 'uses_internal_input_dice') !== 0;
  }
  if (info) parts.push(...internalInfo(env));
  if (dice) parts.push(env.platform.certificateChain);
  return env.crypto.hash(...parts);
}

function internalInfo(env: DpeEnvironment): Uint8Array[] {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, env.profile.id, true);
  return [profileResponse(env), id];
}
