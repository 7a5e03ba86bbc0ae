import { RotError } from '@rootcap/errors';
import { swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../../../context.ts';
import { CmRandomGenerateReq, CmRandomStirReq } from '../../../messages/layouts/cm-keys.ts';
import { MAX_CMB_DATA_SIZE } from '../../../messages/layouts/cm-sizes.ts';
import { randomBytes } from '../../../messages/random.ts';
import { varSizeResponse } from '../../../messages/response.ts';
import type { RuntimeCommand } from '../../command.ts';
import { cmCommand } from './command.ts';

/** What one update of the generator takes. */
const STIR_SIZE = 48;

/**
 * Mixes the client's bytes, zero filled to whole updates, into the internal generator.
 *
 * @throws RotError RUNTIME_MAILBOX_INVALID_PARAMS above 4080 bytes, DRIVER_TRNG_UPDATE_NOT_SUPPORTED without such a
 * generator
 */
function stir({ chip }: FirmwareContext, input: Uint8Array, inputSize: number): undefined {
  const size = Math.ceil(inputSize / STIR_SIZE) * STIR_SIZE;
  if (size > MAX_CMB_DATA_SIZE) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `${inputSize} bytes`);
  if (!chip.soc.internalTrng) throw new RotError('DRIVER_TRNG_UPDATE_NOT_SUPPORTED');
  for (let at = 0; at < size; at += STIR_SIZE) chip.trng.csrng.update(swapWords(input.subarray(at, at + STIR_SIZE)));
}

export const RANDOM_COMMANDS: readonly RuntimeCommand[] = [
  cmCommand('CM_RANDOM_GENERATE', 'exact', CmRandomGenerateReq, (context, { size }) => {
    if (size > MAX_CMB_DATA_SIZE) throw new RotError('RUNTIME_MAILBOX_INVALID_PARAMS', `${size} bytes`);
    return varSizeResponse(randomBytes(context, size));
  }),
  cmCommand('CM_RANDOM_STIR', 'shorter', CmRandomStirReq, (context, { input, input_size }) =>
    stir(context, input, input_size),
  ),
];
