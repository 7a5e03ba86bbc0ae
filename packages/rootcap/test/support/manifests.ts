import { portableProvider } from '@rootcap/crypto';
import { type ErrorName, RotError } from '@rootcap/errors';
import { COMMAND_MESSAGES } from '@rootcap/firmware';
import {
  type AuthManifestOptions,
  buildAuthManifest,
  buildOwnerAuthManifest,
  demoKeys,
  demoManifestKeys,
  type ImageMetadataOptions,
  type OwnerKeys,
} from '@rootcap/image';
import { u32 } from '@rootcap/struct';
import type { Device } from 'rootcap';

const provider = portableProvider;
const { vendor, owner } = demoKeys(provider);
const manifestKeys = demoManifestKeys(provider);
const { ecc: [ecc] = [], mldsa: [mldsa] = [], lms: [lms] = [] } = vendor;
const vendorFirmware = { ecc, mldsa, lms } as Required<OwnerKeys>;

export const sha384 = (data: Uint8Array): Uint8Array => provider.hashes.digest('sha384', data);

/** A manifest of the demo vendor and owner. */
export function authManifest(
  images: readonly ImageMetadataOptions[],
  change: Partial<AuthManifestOptions> = {},
): Uint8Array {
  const parties = { vendorFirmware, ownerFirmware: owner, ...manifestKeys };
  return buildAuthManifest({ provider, pqc: 'mldsa', svn: 5, images, ...parties, ...change });
}

/** A manifest of the demo owner alone. */
export function ownerManifest(images: readonly ImageMetadataOptions[], svn = 9): Uint8Array {
  const { ownerManifest: keys } = manifestKeys;
  return buildOwnerAuthManifest({ provider, pqc: 'mldsa', svn, images, ownerFirmware: owner, ownerManifest: keys });
}

/** Body of a SET_AUTH_MANIFEST request and its kin. */
export function manifestBody(manifest: Uint8Array, size = manifest.length): Uint8Array {
  const body = new Uint8Array(4 + manifest.length);
  u32.write(body, 0, size);
  body.set(manifest, 4);
  return body;
}

const fwIdOf = (id: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  u32.write(bytes, 0, id);
  return bytes;
};

export interface Question {
  readonly fwId: number;
  readonly measurement?: Uint8Array;
  readonly source?: number;
  readonly flags?: number;
  readonly imageSize?: number;
  readonly axiUser?: number;
}

const NO_DIGEST = new Uint8Array(48);

/** AUTHORIZE_AND_STASH. @returns `auth_req_result` */
export function authorize(device: Device, question: Question): number {
  const { fwId, measurement = NO_DIGEST, source = 1, flags = 0, imageSize = 0, axiUser = 1 } = question;
  const { request, response } = COMMAND_MESSAGES.AUTHORIZE_AND_STASH;
  const body = request.encode({
    hdr: { chksum: 0 },
    fw_id: fwIdOf(fwId),
    measurement,
    context: NO_DIGEST,
    svn: 3,
    flags,
    source,
    image_size: imageSize,
  });
  const { data } = device.mailbox.execute('AUTHORIZE_AND_STASH', body.slice(4), { axiUser });
  return response.decode(data).auth_req_result;
}

export function imageInfo(device: Device, fwId: number) {
  const { response } = COMMAND_MESSAGES.GET_IMAGE_INFO;
  return response.decode(device.mailbox.execute('GET_IMAGE_INFO', fwIdOf(fwId)).data);
}

export function fwInfo(device: Device) {
  return COMMAND_MESSAGES.FW_INFO.response.decode(device.mailbox.execute('FW_INFO').data);
}

/** How the device refuses. */
export function refusal(run: () => unknown): ErrorName | 'accepted' {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (error instanceof RotError) return error.symbol;
    throw error;
  }
}
