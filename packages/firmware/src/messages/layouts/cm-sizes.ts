/** Most bytes that one command of the cryptographic mailbox takes or gives. */
export const MAX_CMB_DATA_SIZE = 4096;
/** The same for AES-GCM output, with a block that earlier input left. */
export const MAX_CMB_AES_GCM_OUTPUT_SIZE = 4112;
