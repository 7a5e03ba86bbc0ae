import { type CryptoProvider, utf8ToBytes } from '@rootcap/crypto';
import { IDEVID_CERT_ATTR_WORDS, type IdevidCsrs, parseCsrEnvelope, type Validity } from '@rootcap/dice';
import { createVendorCa, issueIdevidCertificate, type VendorCa } from '@rootcap/dice/x509';
import { createDevice } from './create-device.ts';
import { CHAIN_ALGORITHMS, type ChainAlgorithm, type Device } from './device.ts';
import { wrongState } from './device-error.ts';
import type { DeviceOptions } from './options.ts';

/**
 * The vendor's side of a device's life, as a sub-path of its own because it brings a certificate library with it.
 */

/** Who issues the IDevID certificates, beside the options of the device. */
export interface ManufactureOptions extends DeviceOptions {
  /** Vendor CAs that exist already. Default: roots of the demo vendor, whose keys anybody can compute. */
  readonly vendorRoots?: Readonly<Record<ChainAlgorithm, VendorCa>>;
  /** Validity of the demo roots and of the IDevID certificates. Default 2023-01-01 to 9999-12-31. */
  readonly validity?: Validity;
}

/** A device that left the factory, and what the factory knows of it. */
export interface ManufacturedDevice {
  readonly vendorRoots: Readonly<Record<ChainAlgorithm, VendorCa>>;
  /** What the device handed out in manufacturing, 8784 bytes; its MAC was verified. */
  readonly csrEnvelope: Uint8Array;
  /** The requests in the envelope, DER. */
  readonly idevidCsrs: Readonly<Record<ChainAlgorithm, Uint8Array>>;
  /** DER. */
  readonly idevidCertificates: Readonly<Record<ChainAlgorithm, Uint8Array>>;
  /** The device with the lifecycle that the options ask for (default production), not yet powered on. */
  readonly device: Device;
  /**
   * The complete chain, root first: vendor root, IDevID, LDevID, FMC alias, RT alias. Boots {@link device} if it was
   * not powered on yet.
   *
   * @returns DER of five certificates
   * @throws RotError if the device refuses to boot
   */
  chain(algorithm: ChainAlgorithm): Uint8Array[];
}

const ROOT_NAMES: Readonly<Record<ChainAlgorithm, string>> = {
  'ecdsa-p384': 'Rootcap Demo Vendor Root ECDSA P-384',
  mldsa87: 'Rootcap Demo Vendor Root ML-DSA-87',
};
const SEED_SIZES: Readonly<Record<ChainAlgorithm, number>> = { 'ecdsa-p384': 48, mldsa87: 32 };

function forBoth<T>(make: (algorithm: ChainAlgorithm) => T): Readonly<Record<ChainAlgorithm, T>> {
  return Object.fromEntries(CHAIN_ALGORITHMS.map((algorithm) => [algorithm, make(algorithm)])) as Record<
    ChainAlgorithm,
    T
  >;
}

/** Root of the demo vendor: its key is the SHA-384 of a sentence that stands here. Never for production. */
function demoRoot(provider: CryptoProvider, algorithm: ChainAlgorithm, validity: Validity | undefined): VendorCa {
  const secret = utf8ToBytes(`rootcap demo vendor root, never for production: ${algorithm}`);
  return createVendorCa({
    provider,
    algorithm,
    name: ROOT_NAMES[algorithm],
    seed: provider.hashes.digest('sha384', secret).subarray(0, SEED_SIZES[algorithm]),
    ...(validity === undefined ? {} : { validity }),
  });
}

function csrOf(csrs: IdevidCsrs, algorithm: ChainAlgorithm): Uint8Array {
  const csr = algorithm === 'mldsa87' ? csrs.mldsaCsr : csrs.eccCsr;
  if (csr === undefined) throw new RangeError(`csrEnvelope: no ${algorithm} request in it`);
  return csr;
}

/**
 * The same fuses in the factory: manufacturing lifecycle, debug locked, the CSR flag raised. Its entropy is the seeded
 * one, so that the entropy of the device in the field starts fresh; no byte of a request depends on it.
 */
function takeCsrEnvelope({ entropy: _, debugIntent: __, ...options }: DeviceOptions): {
  readonly inFactory: Device;
  readonly csrEnvelope: Uint8Array;
} {
  const inFactory = createDevice({ ...options, lifecycle: 'manufacturing', debugLocked: true, requestCsr: true });
  const csrEnvelope = inFactory.bootToRom().csrEnvelope();
  if (csrEnvelope === undefined) throw wrongState('manufacture', inFactory.state, undefined);
  return { inFactory, csrEnvelope };
}

/**
 * Makes a device as a factory does: boots its fuses once in the manufacturing lifecycle, takes the sealed envelope with
 * both IDevID requests, checks its MAC, lets the vendor's CAs issue both IDevID certificates. Deterministic: the same
 * options give the same bytes.
 *
 * A device in the field whose debug is unlocked has no secrets any more, so its certificates do not chain to these.
 *
 * @example
 * const { device, chain } = manufacture();
 * chain('mldsa87');   // vendor root, IDevID, LDevID, FMC alias, RT alias
 *
 * @throws RotError if ROM refuses to boot, X509Error if the CA refuses the request
 */
export function manufacture({ vendorRoots, validity, ...options }: ManufactureOptions = {}): ManufacturedDevice {
  const { inFactory, csrEnvelope } = takeCsrEnvelope(options);
  const { csrHmacKey, fuses, provider } = inFactory.options;
  const roots = vendorRoots ?? forBoth((algorithm) => demoRoot(provider, algorithm, validity));
  const issue = (algorithm: ChainAlgorithm): Uint8Array =>
    issueIdevidCertificate(
      roots[algorithm],
      { envelope: csrEnvelope, csrHmacKey, algorithm },
      {
        idevidCertAttr: Uint32Array.from({ length: IDEVID_CERT_ATTR_WORDS }, (_, i) => fuses.idevidCertAttr?.[i] ?? 0),
        ...(validity === undefined ? {} : { validity }),
      },
    );
  const csrs = parseCsrEnvelope(csrEnvelope);
  const idevidCertificates = forBoth(issue);
  const device = createDevice(options);
  return {
    vendorRoots: roots,
    csrEnvelope,
    idevidCsrs: forBoth((algorithm) => csrOf(csrs, algorithm)),
    idevidCertificates,
    device,
    chain(algorithm) {
      if (device.state === 'awaiting-fuses') device.boot();
      const issued = device.certificateChain(algorithm).reverse();
      return [roots[algorithm].certificate, idevidCertificates[algorithm], ...issued];
    },
  };
}
