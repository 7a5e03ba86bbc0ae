import type { DpeEnvironment } from './environment.ts';
import { GetProfileResp, RESPONSE_MAGIC, ResponseHdr } from './messages.ts';
import { PROFILE_VERSION } from './profiles.ts';
import { MAX_TCI_NODES } from './state-layout.ts';

/** Body of the answer to GetProfile. */
function profileBody({ platform, state }: DpeEnvironment) {
  return {
    major_version: PROFILE_VERSION.major,
    minor_version: PROFILE_VERSION.minor,
    vendor_id: platform.vendorId,
    vendor_sku: platform.vendorSku,
    max_tci_nodes: MAX_TCI_NODES,
    flags: state.support,
  };
}

/** Header and body of a successful response. */
export function response(env: DpeEnvironment, body: Uint8Array): Uint8Array {
  const output = new Uint8Array(ResponseHdr.size + body.length);
  output.set(ResponseHdr.encode({ magic: RESPONSE_MAGIC, status: 0, profile: env.profile.id }));
  output.set(body, ResponseHdr.size);
  return output;
}

/** The whole answer to GetProfile, 32 bytes: also an input of the measurement digest. */
export function profileResponse(env: DpeEnvironment): Uint8Array {
  return response(env, GetProfileResp(env.profile).encode(profileBody(env)));
}
