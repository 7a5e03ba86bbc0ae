import { RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import type { CommandName } from '../../messages/command-ids.ts';
import { MailboxReqHeader } from '../../messages/layouts/header.ts';
import {
  AuthorizeAndStashReq,
  AuthorizeAndStashResp,
  GetImageInfoReq,
  GetImageInfoResp,
  GetMcuFwSizeResp,
  SetAuthManifestReq,
  SetOwnerAuthManifestReq,
} from '../../messages/layouts/soc-firmware.ts';
import { RESPONSE_HEADER } from '../../messages/response.ts';
import { pl0Only, type RuntimeCommand, rawCommand, runtimeCommand } from '../command.ts';
import { callerLocality, ensurePl0 } from '../privilege.ts';
import { authorizeAndStash, authorizeImage } from '../soc-manifest/authorize.ts';
import { setAuthManifest, setOwnerAuthManifest, verifySocManifest } from '../soc-manifest/load.ts';
import { findImage } from '../soc-manifest/loaded.ts';

/** The manifest that a request carries; what follows it is not looked at. */
function manifestOf(
  layout: typeof SetAuthManifestReq | typeof SetOwnerAuthManifestReq,
  message: Uint8Array,
): Uint8Array {
  const start = layout.offsetOf('manifest');
  const { field, offset } = layout.member('manifest_size');
  const refuse = (size: string): never => {
    throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `manifest_size ${size}`);
  };
  if (message.length < start) refuse('missing');
  const size = field.read(message, offset);
  if (size > layout.size - start || start + size > message.length) refuse(`${size}`);
  return message.slice(start, start + size);
}

function manifestCommand(
  name: CommandName,
  layout: typeof SetAuthManifestReq | typeof SetOwnerAuthManifestReq,
  handle: (context: FirmwareContext, manifest: Uint8Array) => void,
): RuntimeCommand {
  return pl0Only(
    'first',
    rawCommand(name, layout, (context, message) => {
      handle(context, manifestOf(layout, message));
      return undefined;
    }),
  );
}

const SKIP_STASH = 1;

function idOf(fwId: Uint8Array): number {
  return new DataView(fwId.buffer, fwId.byteOffset, fwId.length).getUint32(0, true);
}

/** @see caliptra-sw:runtime/src/authorize_and_stash.rs (execute) */
function authorize(context: FirmwareContext, request: ReturnType<typeof AuthorizeAndStashReq.decode>): Uint8Array {
  const { flags, fw_id, image_size: imageSize, measurement, source, svn } = request;
  const stash = (flags & SKIP_STASH) === 0;
  if (stash) ensurePl0(context);
  const question = { fwId: idOf(fw_id), measurement, source, imageSize };
  const { result } = stash
    ? authorizeAndStash(context, question, { svn, locality: callerLocality(context) })
    : authorizeImage(context, question);
  return AuthorizeAndStashResp.encode({ hdr: RESPONSE_HEADER, auth_req_result: result });
}

function imageInfo(context: FirmwareContext, { fw_id }: ReturnType<typeof GetImageInfoReq.decode>): Uint8Array {
  const listed = findImage(context, idOf(fw_id));
  if (listed === undefined) throw new RotError('RUNTIME_IMAGE_METADATA_NOT_FOUND', `fw_id ${idOf(fw_id)}`);
  const { componentId, flags, imageLoadAddress, imageStagingAddress, digest } = listed.entry;
  return GetImageInfoResp.encode({
    hdr: RESPONSE_HEADER,
    component_id: componentId,
    flags,
    image_load_address_high: imageLoadAddress.hi,
    image_load_address_low: imageLoadAddress.lo,
    image_staging_address_high: imageStagingAddress.hi,
    image_staging_address_low: imageStagingAddress.lo,
    digest,
  });
}

/** What an encrypted boot left for the MCU; zeros otherwise. */
function mcuFirmwareSize({ state: { runtime } }: FirmwareContext): Uint8Array {
  const { size, sha384 } = runtime.mcuFirmware ?? { size: 0, sha384: new Uint8Array(48) };
  return GetMcuFwSizeResp.encode({ hdr: RESPONSE_HEADER, size, sha384 });
}

export const SOC_MANIFEST_COMMANDS: readonly RuntimeCommand[] = [
  manifestCommand('SET_AUTH_MANIFEST', SetAuthManifestReq, (context, manifest) =>
    setAuthManifest(context, manifest, false),
  ),
  manifestCommand('VERIFY_AUTH_MANIFEST', SetAuthManifestReq, verifySocManifest),
  manifestCommand('SET_OWNER_AUTH_MANIFEST', SetOwnerAuthManifestReq, setOwnerAuthManifest),
  pl0Only('sometimes', runtimeCommand('AUTHORIZE_AND_STASH', 'exact', AuthorizeAndStashReq, authorize)),
  runtimeCommand('GET_IMAGE_INFO', 'exact', GetImageInfoReq, imageInfo),
  runtimeCommand('GET_MCU_FW_SIZE', 'any', MailboxReqHeader, mcuFirmwareSize),
];
