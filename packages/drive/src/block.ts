/** Bytes in a logical block, which is a data unit of XTS too. */
export const BLOCK_SIZE = 4096;
