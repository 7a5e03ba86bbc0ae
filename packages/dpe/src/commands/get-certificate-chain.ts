import type { Infer } from '@rootcap/struct';
import { GetCertificateChainReq, GetCertificateChainResp, MAX_CHUNK_SIZE } from '../messages.ts';
import { DpeError } from '../statuses.ts';
import { type DpeCommand, requireRoom, respond } from './command.ts';

/** `GetCertificateChain`: at most 2048 bytes of the chain from an offset on. Any locality. */
export const GET_CERTIFICATE_CHAIN: DpeCommand<Infer<ReturnType<typeof GetCertificateChainReq>>> = {
  id: 0x10,
  name: 'GetCertificateChain',
  request: GetCertificateChainReq,
  handle(env, _locality, { offset, size }) {
    if (size > MAX_CHUNK_SIZE)
      throw new DpeError('InvalidArgument', `size: ${size} bytes, at most ${MAX_CHUNK_SIZE} expected`);
    const layout = GetCertificateChainResp(env.profile);
    requireRoom(env, layout.size);
    const chain = env.platform.certificateChain;
    if (offset >= chain.length)
      throw new DpeError('CertificateChainError', `offset: ${offset} is behind the chain of ${chain.length} bytes`);
    const chunk = chain.subarray(offset, offset + size);
    const certificate_chain = new Uint8Array(MAX_CHUNK_SIZE);
    certificate_chain.set(chunk);
    return respond(env, layout, { certificate_size: chunk.length, certificate_chain });
  },
};
