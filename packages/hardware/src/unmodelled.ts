import type { RegisterBlock } from '@rootcap/struct';

/** A register that answers as an idle block's would, and why. */
export interface UnmodelledRegister {
  readonly block: string;
  readonly register: string;
  readonly why: string;
}

/** The registers of `blocks` whose declarations say that they are idle. */
export function unmodelledRegisters(blocks: readonly { readonly declaration: RegisterBlock }[]): UnmodelledRegister[] {
  return blocks.flatMap(({ declaration }) =>
    Object.entries(declaration.registers).flatMap(([register, { idle }]) =>
      idle === undefined ? [] : [{ block: declaration.name, register, why: idle }],
    ),
  );
}
