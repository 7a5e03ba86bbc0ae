import type { RuntimeCommand } from '../command.ts';
import { ACTIVATION_COMMANDS } from './activate-firmware.ts';
import { CERTIFICATE_COMMANDS } from './certificates.ts';
import { CERTIFY_KEY_COMMANDS } from './certify-key.ts';
import { CRYPTOGRAPHIC_COMMANDS } from './cryptographic/table.ts';
import { DEBUG_UNLOCK_COMMANDS } from './debug-unlock.ts';
import { INVOKE_DPE_COMMANDS } from './dpe.ts';
import { EXPORTED_CDI_COMMANDS } from './exported-cdi.ts';
import { FIELD_ENTROPY_COMMANDS } from './field-entropy.ts';
import { LMS_COMMANDS } from './lms-verify.ts';
import { MEASUREMENT_COMMANDS } from './measurements.ts';
import { OCP_LOCK_COMMANDS } from './ocp-lock.ts';
import { PCR_COMMANDS } from './pcrs.ts';
import { SOC_MANIFEST_COMMANDS } from './soc-manifest.ts';
import { STATUS_COMMANDS } from './status.ts';

/** Commands of the runtime. @see caliptra-sw:runtime/src/lib.rs */
export const RUNTIME_COMMANDS: readonly RuntimeCommand[] = [
  ...CERTIFICATE_COMMANDS,
  ...INVOKE_DPE_COMMANDS,
  ...CERTIFY_KEY_COMMANDS,
  ...MEASUREMENT_COMMANDS,
  ...EXPORTED_CDI_COMMANDS,
  ...PCR_COMMANDS,
  ...CRYPTOGRAPHIC_COMMANDS,
  ...SOC_MANIFEST_COMMANDS,
  ...ACTIVATION_COMMANDS,
  ...STATUS_COMMANDS,
  ...LMS_COMMANDS,
  ...FIELD_ENTROPY_COMMANDS,
  ...DEBUG_UNLOCK_COMMANDS,
  ...OCP_LOCK_COMMANDS,
];
