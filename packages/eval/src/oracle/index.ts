/** An oracle: a model server that answers from a dataset's solutions, to test everything around a model. */
export { type FaultRates, OBSERVED_RATES } from './faults.ts'
export { fitsLevel } from './solve.ts'
export { type Oracle, type OracleOptions, startOracle } from './start-oracle.ts'
