import { CapabilitiesResp } from './layouts/status.ts';
import { RESPONSE_HEADER } from './response.ts';

/** Bit numbers of the 128-bit capabilities word. */
const CAPABILITY = {
  ROM_BASE: 0,
  ROM_OCP_LOCK: 1,
  ROM_STABLE_OWNER_KEY: 2,
  RT_BASE: 64,
  RT_OCP_LOCK: 65,
} as const satisfies Record<string, number>;

export type CapabilityName = keyof typeof CAPABILITY;

/** Response of CAPABILITIES: the bits as a 128-bit big-endian number. */
export function capabilitiesResponse(names: readonly CapabilityName[]): Uint8Array {
  const capabilities = new Uint8Array(16);
  for (const name of names) {
    const bit = CAPABILITY[name];
    const byte = 15 - (bit >> 3);
    capabilities[byte] = (capabilities[byte] as number) | (1 << (bit & 7));
  }
  return CapabilitiesResp.encode({ hdr: RESPONSE_HEADER, capabilities });
}
