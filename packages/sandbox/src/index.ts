export { type EnsureBubblewrapOptions, ensureBubblewrap } from './isolation/bubblewrap.ts'
export { type IsolationReport, probeIsolation, type Reach } from './isolation/probe-isolation.ts'
export { createSandbox, type SandboxOptions } from './parent/create-sandbox.ts'
export { runSandboxPrompt, type SandboxPromptOptions } from './prompt/run-sandbox-prompt.ts'
