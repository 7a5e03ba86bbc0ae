import { createDevice } from 'rootcap';
import { bytes, defineCommand, RotError, u32 } from 'rootcap/extend';

const readPcr = defineCommand({
  name: 'READ_PCR',
  id: 'RPCR',
  request: { index: u32 },
  response: { value: bytes(48) },
  handle({ chip }, { index }) {
    if (index > 31) throw new RotError('RUNTIME_PCR_INVALID_INDEX');
    return { value: chip.pcrBank.read(index) };
  },
});

const { mailbox } = createDevice({ commands: [readPcr] }).boot();
console.log(mailbox.call(readPcr, { index: 31 }).value.length);
try {
  mailbox.call(readPcr, { index: 32 });
} catch (error) {
  if (error instanceof RotError) console.log(error.message);
}
