/** Variables of the runtime: they begin anew at every reset. */
export interface RuntimeState {
  /** Certificate chains that DPE hands out, leaf last; POPULATE_IDEV_* puts the vendor's certificate in front. */
  eccCertChain: Uint8Array;
  mldsaCertChain: Uint8Array;
  selfTest: 'idle' | 'in-progress' | 'done';
  /** Ciphertext of the MCU's firmware that an encrypted boot left in its SRAM. */
  mcuFirmware?: { readonly size: number; readonly sha384: Uint8Array };
  /** Name for subjectAltName that ADD_SUBJECT_ALT_NAME left. */
  dmtfDeviceInfo?: Uint8Array;
}

export function initialRuntimeState(): RuntimeState {
  return { eccCertChain: new Uint8Array(0), mldsaCertChain: new Uint8Array(0), selfTest: 'idle' };
}
