import { der } from '@rootcap/dice';
import type { DpeEnvironment } from '../environment.ts';
import { INVALID_HANDLE } from '../handles.ts';
import { exportedCertificate } from '../issue.ts';
import { measurementDigest } from '../measurement.ts';
import { DeriveContextExportedCdiResp } from '../messages.ts';
import { CONTEXT_STATE, type Context } from '../state-layout.ts';
import { DpeError } from '../statuses.ts';
import { requireFit, requireRoomForCertificate, respond } from './command.ts';
import { destroy } from './destroy-context.ts';

const EXPORTED_CDI = der.ascii('Exported CDI');

/**
 * DeriveContext with EXPORT_CDI: the CDI of the parent itself is kept under a handle, and its key certified as an issuer.
 * Measurement, type and SVN of the request do not enter.
 *
 * @param parent - index of the parent
 * @param left - the parent as it stays behind: retained, or retired
 */
export function exportCdi(env: DpeEnvironment, parent: number, left: Context): Uint8Array {
  const { profile, state, crypto, platform } = env;
  const layout = DeriveContextExportedCdiResp(profile);
  requireRoomForCertificate(env, layout.size);
  if (platform.ueid === undefined) throw new DpeError('MissingUeidError', 'EXPORT_CDI: the platform has no UEID');
  const exportedCdi = crypto.deriveExportedCdi(measurementDigest(env, parent), EXPORTED_CDI);
  const key = crypto.exportedKeyPair(exportedCdi, profile.exportedKeyInfo, profile.exportedKeyInfo);
  const certificate = exportedCertificate(env, parent, key, platform.ueid);
  requireFit(env, layout.size, certificate);
  if (left.state === CONTEXT_STATE.RETIRED && left.children === 0n) destroy(state, parent);
  else state.write(parent, left);
  return respond(env, layout, {
    handle: INVALID_HANDLE,
    parent_handle: left.handle,
    exported_cdi: exportedCdi,
    certificate_size: certificate.length,
    new_certificate: certificate,
  });
}
