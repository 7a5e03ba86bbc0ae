import { bytesToHex, utf8ToBytes } from '@rootcap/crypto';
import { createDevice } from 'rootcap';

const { mailbox } = createDevice().boot();
const { cmk } = mailbox.call('CM_IMPORT', { key_usage: 1, input: new Uint8Array(48).fill(1) });
const { mac } = mailbox.call('CM_HMAC', { cmk, hash_algorithm: 1, data: utf8ToBytes('abc') });
console.log(bytesToHex(mac));
