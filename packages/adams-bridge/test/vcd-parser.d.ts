/** A reader of value change dumps, which has no types of its own. */
declare module 'vcd-parser' {
  interface Reading {
    readonly endtime: string;
    readonly scale: string;
    /** Each signal's changes: time and value. */
    readonly signal: readonly { readonly name: string; readonly wave: readonly (readonly [string, string])[] }[];
  }
  const parser: { parse(text: string): Promise<Reading> };
  export default parser;
}
