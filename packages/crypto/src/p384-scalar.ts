import { hexToBytes } from './bytes.ts';

/** Order n of the P-384 base point, SP 800-186 §3.2.1.4. */
const ORDER = hexToBytes(
  'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
);

/** Whether 0 < scalar < n, both 48 bytes big-endian. */
export function isP384Scalar(scalar: Uint8Array): boolean {
  if (scalar.every((byte) => byte === 0)) return false;
  const differs = scalar.findIndex((byte, i) => byte !== ORDER[i]);
  return differs >= 0 && (scalar[differs] ?? 0) < (ORDER[differs] ?? 0);
}
