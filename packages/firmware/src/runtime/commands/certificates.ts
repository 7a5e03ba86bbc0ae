import { concatBytes } from '@rootcap/crypto';
import { assembleCertificate, type DiceAlgorithm } from '@rootcap/dice';
import { type ErrorName, RotError } from '@rootcap/errors';
import type { FirmwareContext } from '../../context.ts';
import { requireFmcAliasCsr } from '../../fmc/fmc-alias-csr.ts';
import { type CertifiedLayer, certificateResponse, storedCertificate } from '../../messages/certificate-parts.ts';
import type { CommandName } from '../../messages/command-ids.ts';
import { MailboxReqHeader } from '../../messages/layouts/header.ts';
import {
  GetAttestedCsrReq,
  GetIdevEcc384CertReq,
  GetIdevEcc384InfoResp,
  GetIdevMldsa87CertReq,
  GetIdevMldsa87InfoResp,
  PopulateIdevEcc384CertReq,
  PopulateIdevMldsa87CertReq,
} from '../../messages/layouts/identity.ts';
import { RESPONSE_HEADER, varSizeResponse } from '../../messages/response.ts';
import { storedIdevCsr } from '../../rom/commands/identity.ts';
import { attestedCsr } from '../attested-csr.ts';
import { pl0Only, type RuntimeCommand, runtimeCommand } from '../command.ts';
import { ensurePl0 } from '../privilege.ts';

const FAILURES: Readonly<Record<CertifiedLayer, ErrorName>> = {
  ldevid: 'GET_LDEVID_CERT_FAILED',
  'fmc-alias': 'RUNTIME_GET_FMC_ALIAS_CERT_FAILED',
  'rt-alias': 'RUNTIME_GET_RT_ALIAS_CERT_FAILED',
};

/** DER of a layer's certificate. @throws RotError if there is none */
function certificateOf(context: FirmwareContext, layer: CertifiedLayer, algorithm: DiceAlgorithm): Uint8Array {
  const certificate = storedCertificate(context, layer, algorithm);
  if (certificate === undefined) throw new RotError(FAILURES[layer]);
  return certificate;
}

function getCertificate(name: CommandName, layer: CertifiedLayer, algorithm: DiceAlgorithm): RuntimeCommand {
  return runtimeCommand(name, 'any', MailboxReqHeader, (context) => {
    const response = certificateResponse(context, layer, algorithm);
    if (response === undefined) throw new RotError(FAILURES[layer]);
    return response;
  });
}

/** LDevID, FMC alias and RT alias certificates, one after the other. */
export function certificateChain(context: FirmwareContext, algorithm: DiceAlgorithm): Uint8Array {
  const layers: readonly CertifiedLayer[] = ['ldevid', 'fmc-alias', 'rt-alias'];
  return concatBytes(...layers.map((layer) => certificateOf(context, layer, algorithm)));
}

function getIdevCsr(name: CommandName, algorithm: DiceAlgorithm): RuntimeCommand {
  return runtimeCommand(name, 'any', MailboxReqHeader, (context) => {
    const csr = storedIdevCsr(context, algorithm);
    if (csr === undefined) throw new RotError('RUNTIME_GET_IDEV_ID_UNPROVISIONED');
    if (csr.length === 0) throw new RotError('RUNTIME_GET_IDEV_ID_UNSUPPORTED_ROM');
    return varSizeResponse(csr);
  });
}

function getFmcAliasCsr(name: CommandName, algorithm: DiceAlgorithm): RuntimeCommand {
  return runtimeCommand(name, 'any', MailboxReqHeader, (context) =>
    varSizeResponse(requireFmcAliasCsr(context, algorithm)),
  );
}

/** Puts a certificate together from what the caller sends; nothing is checked or kept. */
function assembleIdev(algorithm: DiceAlgorithm, tbs: Uint8Array, tbsSize: number, signature: Uint8Array): Uint8Array {
  if (tbsSize > tbs.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `tbs_size ${tbsSize}`);
  return varSizeResponse(assembleCertificate(algorithm, tbs.subarray(0, tbsSize), signature));
}

const CHAIN_CAPACITY = { eccCertChain: 4096, mldsaCertChain: 32 * 1024 } as const;

/** Puts the vendor's certificate in front of a chain. */
function populate(
  context: FirmwareContext,
  chain: keyof typeof CHAIN_CAPACITY,
  certificate: Uint8Array,
  size: number,
): undefined {
  if (size > certificate.length) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `cert_size ${size}`);
  ensurePl0(context);
  const { runtime } = context.state;
  if (size + runtime[chain].length > CHAIN_CAPACITY[chain]) throw new RotError('RUNTIME_IDEV_CERT_POPULATION_FAILED');
  runtime[chain] = concatBytes(certificate.subarray(0, size), runtime[chain]);
}

const populateEcc = runtimeCommand(
  'POPULATE_IDEV_ECC384_CERT',
  'shorter',
  PopulateIdevEcc384CertReq,
  (context, { cert, cert_size }) => populate(context, 'eccCertChain', cert, cert_size),
);

const populateMldsa = runtimeCommand(
  'POPULATE_IDEV_MLDSA87_CERT',
  'shorter',
  PopulateIdevMldsa87CertReq,
  (context, { cert, cert_size }) => populate(context, 'mldsaCertChain', cert, cert_size),
);

function getAttestedCsr(name: CommandName, algorithm: DiceAlgorithm): RuntimeCommand {
  return runtimeCommand(
    name,
    'exact',
    GetAttestedCsrReq,
    (context, { key_id, nonce }) => varSizeResponse(attestedCsr(context, algorithm, key_id, nonce)),
    'RUNTIME_MAILBOX_INVALID_PARAMS',
  );
}

export const CERTIFICATE_COMMANDS: readonly RuntimeCommand[] = [
  getAttestedCsr('GET_ATTESTED_ECC384_CSR', 'ecdsa-p384'),
  getAttestedCsr('GET_ATTESTED_MLDSA87_CSR', 'mldsa87'),
  runtimeCommand('GET_IDEV_ECC384_CERT', 'shorter', GetIdevEcc384CertReq, (_, request) =>
    assembleIdev('ecdsa-p384', request.tbs, request.tbs_size, concatBytes(request.signature_r, request.signature_s)),
  ),
  runtimeCommand('GET_IDEV_MLDSA87_CERT', 'shorter', GetIdevMldsa87CertReq, (_, request) =>
    assembleIdev('mldsa87', request.tbs, request.tbs_size, request.signature.subarray(0, 4627)),
  ),
  runtimeCommand('GET_IDEV_ECC384_INFO', 'any', MailboxReqHeader, ({ persistent }) => {
    const publicKey = persistent.fht.get('idev_dice_ecdsa_pub_key');
    return GetIdevEcc384InfoResp.encode({
      hdr: RESPONSE_HEADER,
      idev_pub_x: publicKey.subarray(0, 48),
      idev_pub_y: publicKey.subarray(48),
    });
  }),
  runtimeCommand('GET_IDEV_MLDSA87_INFO', 'any', MailboxReqHeader, ({ persistent }) =>
    GetIdevMldsa87InfoResp.encode({ hdr: RESPONSE_HEADER, idev_pub_key: persistent.rom.get('idevid_mldsa_pub_key') }),
  ),
  pl0Only('own', populateEcc),
  pl0Only('own', populateMldsa),
  getCertificate('GET_LDEV_ECC384_CERT', 'ldevid', 'ecdsa-p384'),
  getCertificate('GET_LDEV_MLDSA87_CERT', 'ldevid', 'mldsa87'),
  getCertificate('GET_FMC_ALIAS_ECC384_CERT', 'fmc-alias', 'ecdsa-p384'),
  getCertificate('GET_FMC_ALIAS_MLDSA87_CERT', 'fmc-alias', 'mldsa87'),
  getCertificate('GET_RT_ALIAS_ECC384_CERT', 'rt-alias', 'ecdsa-p384'),
  getCertificate('GET_RT_ALIAS_MLDSA87_CERT', 'rt-alias', 'mldsa87'),
  getIdevCsr('GET_IDEV_ECC384_CSR', 'ecdsa-p384'),
  getIdevCsr('GET_IDEV_MLDSA87_CSR', 'mldsa87'),
  getFmcAliasCsr('GET_FMC_ALIAS_ECC384_CSR', 'ecdsa-p384'),
  getFmcAliasCsr('GET_FMC_ALIAS_MLDSA87_CSR', 'mldsa87'),
];
