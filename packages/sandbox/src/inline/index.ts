/** A sandbox without a sandbox, for tests: see {@link inlineSandbox}. */
export { inlineSandbox } from './inline-sandbox.ts'
