import { type AnyLayout, layoutsByName } from '../layouts-by-name.ts';
import * as cmAes from './layouts/cm-aes.ts';
import * as cmAesGcm from './layouts/cm-aes-gcm.ts';
import * as cmAsymmetric from './layouts/cm-asymmetric.ts';
import * as cmHash from './layouts/cm-hash.ts';
import * as cmKeys from './layouts/cm-keys.ts';
import * as cmk from './layouts/cmk.ts';
import * as dpe from './layouts/dpe.ts';
import * as fuses from './layouts/fuses.ts';
import * as header from './layouts/header.ts';
import * as identity from './layouts/identity.ts';
import * as ocpLock from './layouts/ocp-lock.ts';
import * as pcr from './layouts/pcr.ts';
import * as socFirmware from './layouts/soc-firmware.ts';
import * as status from './layouts/status.ts';

/** Layout of a message, whatever its values are. */
export type MessageLayout = AnyLayout;

const MODULES: readonly object[] = [
  header,
  identity,
  status,
  dpe,
  pcr,
  socFirmware,
  fuses,
  cmk,
  cmKeys,
  cmHash,
  cmAes,
  cmAesGcm,
  cmAsymmetric,
  ocpLock,
];

/** Every layout of the mailbox interface by its name. */
export const MESSAGE_LAYOUTS: ReadonlyMap<string, MessageLayout> = layoutsByName(MODULES);
