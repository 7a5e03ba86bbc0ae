export { MLDSA_Q, MLKEM_Q, type Prime } from './units/modular.ts';
