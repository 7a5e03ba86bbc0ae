import { portableProvider as provider } from '@rootcap/crypto';
import { buildAuthManifest, demoKeys, demoManifestKeys, type ImageMetadataOptions } from '@rootcap/image';
import { createDevice } from 'rootcap';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const sha384 = (data: Uint8Array): Uint8Array => provider.hashes.digest('sha384', data);
const MCU_SRAM = 0x21c0_0000n;
const STAGED = 0x21c0_4000n; // where newer firmware of the MCU is put first

/** A manifest of the demo vendor and owner. */
function manifestOf(svn: number, images: readonly ImageMetadataOptions[]): Uint8Array {
  const { vendor, owner } = demoKeys(provider);
  const { ecc: [ecc] = [], mldsa: [mldsa] = [] } = vendor;
  const vendorFirmware = { ...owner, ...(ecc && { ecc }), ...(mldsa && { mldsa }) };
  const parties = { vendorFirmware, ownerFirmware: owner, ...demoManifestKeys(provider) };
  return buildAuthManifest({ provider, pqc: 'mldsa', svn, images, ...parties });
}

// The MCU's firmware is image 2. Another controller has image 16.
const [mcuFirmware, controller] = [bytes('MCU firmware 1.0'), bytes('firmware of a controller')];
const mcu = { fwId: 2, execBit: 2, imageLoadAddress: MCU_SRAM, imageStagingAddress: STAGED };
const others = [{ fwId: 16, execBit: 3, digest: sha384(controller) }];
const socManifest = manifestOf(7, [{ ...mcu, digest: sha384(mcuFirmware) }, ...others]);
const device = createDevice({ subsystemMode: true, socManifest, mcuFirmware }).boot();
const { chip, mailbox } = device;
const mcuSram = (size: number): string => new TextDecoder().decode(chip.axi.read(MCU_SRAM, size));
console.log(mailbox.call('FW_INFO').soc_manifest_current_svn, mcuSram(mcuFirmware.length));

// May the controller run this image? 0xdeadc0de: yes, and it is now measured in the DPE and PCR 31.
const ask = (image: Uint8Array, fwId: number): string => {
  const [fw_id, measurement] = [Uint8Array.of(fwId, 0, 0, 0), sha384(image)];
  const fields = { fw_id, measurement, context: new Uint8Array(48), svn: 0, flags: 0, source: 1, image_size: 0 };
  return mailbox.call('AUTHORIZE_AND_STASH', fields).auth_req_result.toString(16);
};
console.log(ask(controller, 16), ask(mcuFirmware, 16), ask(controller, 17));

// New firmware of the MCU: a manifest that lists it, the image at the staging address, activation.
const next = bytes('MCU firmware 1.1');
const nextManifest = manifestOf(8, [{ ...mcu, digest: sha384(next) }, ...others]);
mailbox.call('SET_AUTH_MANIFEST', { manifest: nextManifest });
chip.axi.write(STAGED, next, 'soc');
mailbox.call('ACTIVATE_FIRMWARE', { fw_ids: [2], mcu_fw_image_size: next.length, flags: 0 });
console.log(mcuSram(next.length));
