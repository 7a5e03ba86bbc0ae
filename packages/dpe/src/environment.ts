import type { DpeCrypto, DpePlatform } from './port.ts';
import type { DpeProfile } from './profiles.ts';
import type { DpeState } from './state.ts';
import type { DpeStatuses } from './statuses.ts';

/** Bytes that Caliptra 2.1 firmware reserves for a certificate. caliptra-dpe:dpe/src/lib.rs MAX_CERT_SIZE at 3b036b49 */
export const CALIPTRA_CERTIFICATE_SPACE: number = 22 * 1024;

/** Behaviour of the reference implementation that is wrong. */
export interface DpeCompatibility {
  /**
   * Lengths around MultiTcbInfo as if every TcbInfo were as long as that of the root. Certificates are malformed when
   * an SVN needs another number of bytes than the root's. caliptra-dpe:dpe/src/x509.rs get_multi_tcb_info_size
   */
  readonly rootSizedTcbInfos?: boolean;
  /** With it, the length of the signed part too. Revision 3b036b49 and Caliptra 2.1 firmware; e84f4b9d has that one right. */
  readonly rootSizedTbs?: boolean;
}

/** What Caliptra 2.1 firmware does. */
export const CALIPTRA_COMPATIBILITY: DpeCompatibility = { rootSizedTcbInfos: true, rootSizedTbs: true };

/** Everything one command works on. */
export interface DpeEnvironment {
  readonly profile: DpeProfile;
  readonly state: DpeState;
  readonly crypto: DpeCrypto;
  readonly platform: DpePlatform;
  /** Numbers of the error responses. Default: `OCP_STATUSES`. */
  readonly statuses?: DpeStatuses;
  /** Room for a response, in bytes. One that is longer is refused before anything changes. Default: no limit. */
  readonly maxResponseSize?: number;
  /** Room that a certificate takes in a response, however short it is: {@link CALIPTRA_CERTIFICATE_SPACE}. Default: its own size. */
  readonly reservedCertificateSize?: number;
  /** Default: nothing of it. */
  readonly compatibility?: DpeCompatibility;
}
