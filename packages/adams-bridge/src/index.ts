export { CycleModel, type InstructionData, type StreamTiming } from './cycles/cycle-model.ts';
export { errorCycles } from './cycles/early-end.ts';
export { hintDecoderCycles } from './cycles/hint-decoder-cycles.ts';
export { type Candidates, inBallCycles, type RowSampler, rowCycles } from './cycles/sampler-cycles.ts';
export { type ModelEngine, type ModelEngineOptions, modelAbrEngine } from './engine/model-engine.ts';
export { type ExecuteOptions, execute, type Outcome, type Step } from './executor/execute.ts';
export type { Intercept, Intervention, Moment, SamplerFaults } from './executor/intercept.ts';
export { STORES, type Store, type Value } from './executor/layout.ts';
export { AcceleratorState, type SignedInput, type StreamedMessage } from './executor/state.ts';
export type { AccessOrder } from './masking/access-order.ts';
export { maskedInttRound } from './masking/masked-inverse.ts';
export { type MaskedTarget, maskedPairwm, maskedPwm } from './masking/masked-products.ts';
export type { MaskedRows, ShareReport, ShareStage } from './masking/masked-rows.ts';
export { Masking, type MaskingObserver, type OrderEvent, type SharesEvent } from './masking/masking.ts';
export { reduceProduct, reduceSum, type UnitWords } from './masking/mldsa-reduction.ts';
export { type BarrettMasks, reduceBarrett } from './masking/mlkem-reduction.ts';
export { MASK_BITS, type MaskSource, RandomBits } from './masking/random-bits.ts';
export { ShareMemory } from './masking/share-memory.ts';
export {
  addShares,
  MLDSA_SHARES,
  MLKEM_SHARES,
  multiplyShares,
  recombine,
  type ShareRing,
  type Shares,
  split,
  subtractShares,
} from './masking/shares.ts';
export {
  BANKS,
  type Bank,
  CoeffMemory,
  type MemorySnapshot,
  POLY_ROWS,
  ROW_COEFFICIENTS,
  type RowAccess,
  type RowDifference,
  rowAddress,
  splitAddress,
} from './memory/coeff-memory.ts';
export { CycleProfile, microseconds, type ProfileRow } from './observers/cycle-profile.ts';
export {
  checkFault,
  type Fault,
  type FaultPlace,
  type OperandField,
} from './observers/fault.ts';
export { FaultInjector, type FiredFault } from './observers/fault-injector.ts';
export { parseFault } from './observers/fault-spec.ts';
export {
  acceptsSignature,
  type FaultOptions,
  type FaultReport,
  type FaultVerdict,
  tryFaults,
} from './observers/fault-verdict.ts';
export { firstDifference, type TraceDifference, type TracePoint } from './observers/golden-trace.ts';
export { phaseOf } from './observers/phases.ts';
export { publicKeyOf } from './observers/public-key.ts';
export {
  changesOf,
  copyState,
  diffState,
  type StateDifference,
  type StateSnapshot,
  type StoreDifference,
  snapshotState,
} from './observers/state-snapshot.ts';
export { traceToCsv, traceToJsonl } from './observers/trace-text.ts';
export { runToEnd, type StepObserver, type Trace, type TraceEntry, Tracer } from './observers/tracer.ts';
export { traceToVcd } from './observers/vcd.ts';
export { buildProgram } from './program/build.ts';
export { disassemble, listing } from './program/disassemble.ts';
export { addressOf, type Flow, MEMORY_MAP, type Region } from './program/memory-map.ts';
export { type Mnemonic, OPCODES, type Opcode, type OperandKind } from './program/opcodes.ts';
export { Assembler, ERROR_PC, type Instruction, type Operation, PROGRAM_WORDS, Program } from './program/program.ts';
export { DESTINATIONS, type DestinationName, KEY_RAM, NORM, SOURCES, type SourceName } from './program/registers.ts';
export { type Command, type Finding, Sequencer } from './program/sequencer.ts';
export { bypasses, forwardButterfly, inverseButterfly, ROUNDS } from './units/butterfly.ts';
export { packBits, unpackBits } from './units/codecs/bits.ts';
export { decodeHints, encodeHints, HINT_BYTES, OMEGA } from './units/codecs/hints.ts';
export {
  decodePrivateKey,
  decodePublicKey,
  decodeSignature,
  encodePrivateKey,
  encodePublicKey,
  encodeSignature,
  encodeW1,
  encodeZ,
  MLDSA_BYTES,
  MLDSA_K,
  MLDSA_L,
  type MldsaPrivateKey,
  type MldsaPublicKey,
  type MldsaSignature,
  shiftT1,
} from './units/codecs/mldsa.ts';
export {
  decodeCiphertext,
  decodeDecapsulationKey,
  decodeEncapsulationKey,
  decodeMessage,
  decodePoly,
  encodeCiphertext,
  encodeDecapsulationKey,
  encodeEncapsulationKey,
  encodeMessage,
  encodePoly,
  MLKEM_BYTES,
  MLKEM_DU,
  MLKEM_DV,
  MLKEM_K,
  type MlkemCiphertext,
  type MlkemDecapsulationKey,
  type MlkemEncapsulationKey,
} from './units/codecs/mlkem.ts';
export { type CompressedBits, compress, decompress } from './units/compress.ts';
export { AbrError, type AbrErrorCode } from './units/error.ts';
export {
  KECCAK_MODES,
  KECCAK_ROUNDS,
  Keccak,
  type KeccakMode,
  keccak,
  MESSAGE_PORT_BYTES,
  PERMUTATION_CYCLES,
  type RoundFlip,
} from './units/keccak.ts';
export { keccakRound } from './units/keccak-rounds.ts';
export {
  addMod,
  barrettQuotient,
  barrettRemainder,
  halveMod,
  MLDSA_Q,
  MLKEM_Q,
  mulMod,
  N,
  type Poly,
  type Prime,
  reduceMldsa,
  subMod,
} from './units/modular.ts';
export { BETA, exceedsNorm, NORM_BOUNDS, type NormCheck } from './units/norm-check.ts';
export { intt, inttRound, ntt, nttRound } from './units/ntt.ts';
export {
  type ButterflyPass,
  type NttAddresses,
  type NttCycle,
  type NttOptions,
  nttCycles,
  roundSchedule,
  runNtt,
} from './units/ntt-engine.ts';
export { pairwm, pwa, pwm, pws } from './units/pointwise.ts';
export {
  type PointwiseAddresses,
  type PointwiseCycle,
  type PointwiseMode,
  type PointwiseOptions,
  pointwiseCycles,
  runPointwise,
} from './units/pointwise-engine.ts';
export { D, decompose, GAMMA2, makeHint, power2round, type Rounded, useHint } from './units/rounding.ts';
export { IN_ORDER, type Place, type RowTraffic, rowOrder, type Shuffle } from './units/row-order.ts';
export {
  type ByteSource,
  bytesOf,
  type Misjudged,
  PISO,
  type Sampled,
  withFlippedBits,
} from './units/samplers/byte-source.ts';
export { rejBounded, rejNtt, rejNttMlkem } from './units/samplers/rejection.ts';
export { sampleInBall, TAU } from './units/samplers/sample-in-ball.ts';
export { cbd, expandMask, GAMMA1 } from './units/samplers/uniform.ts';
export {
  FORWARD_ROUND_ROWS,
  INVERSE_ROUND_ROWS,
  TWIDDLE_ROWS,
  type TwiddleTables,
  twiddles,
} from './units/twiddles.ts';
