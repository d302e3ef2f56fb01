export { createSandbox, type SandboxOptions } from './parent/create-sandbox.ts'
