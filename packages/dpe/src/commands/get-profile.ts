import { GetProfileResp, NoBody } from '../messages.ts';
import { profileResponse } from '../profile-response.ts';
import { type DpeCommand, requireRoom } from './command.ts';

/** `GetProfile`: version, vendor, number of contexts and supported features. Any locality, any profile in the header. */
export const GET_PROFILE: DpeCommand<Record<never, never>> = {
  id: 0x01,
  name: 'GetProfile',
  request: NoBody,
  handle(env) {
    requireRoom(env, GetProfileResp(env.profile).size);
    return profileResponse(env);
  },
};
