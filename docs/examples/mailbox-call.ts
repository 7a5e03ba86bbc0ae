import { createDevice } from 'rootcap';

const { mailbox } = createDevice().boot();
mailbox.call('EXTEND_PCR', { pcr_idx: 4, data: new Uint8Array(48).fill(7) });

const { fw_svn, pl0_pauser } = mailbox.call('FW_INFO');
console.log({ fw_svn, pl0_pauser });

const { data } = mailbox.call('GET_RT_ALIAS_ECC384_CERT');
console.log(data.length, 'bytes of certificate');
