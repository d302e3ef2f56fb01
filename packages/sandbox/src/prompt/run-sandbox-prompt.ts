import { createInterface } from 'node:readline/promises'
import {
  DEFAULT_SANDBOX_LIMITS,
  type Observation,
  type SandboxLimits,
  type StepHost,
} from '@bailiwick/core/contract/world'
import { probeIsolation } from '../isolation/probe-isolation.ts'
import { createSandbox } from '../parent/create-sandbox.ts'

export interface SandboxPromptOptions {
  input?: NodeJS.ReadableStream
  output?: NodeJS.WritableStream
  limits?: Partial<SandboxLimits>
  /** Packages that the code may import, resolved from the current folder. */
  imports?: string[]
}

/** What may be seen of a refusal, and why it is one. */
const WHY: Record<Exclude<Observation['status'], 'ok' | 'error'>, string> = {
  timeout:
    'stopped: a step has so much wall and CPU time; what this one did is undone, the rest of the world is kept',
  'out-of-memory': 'stopped: the world has so much memory; what this step did is undone, the rest is rebuilt',
  canceled: 'stopped: the step was canceled',
}

/**
 * A prompt in which anyone can type code into a session and try to get out. Variables last from one entry
 * to the next; a line that ends in a backslash goes on in the next one. Ends with the input.
 */
export async function runSandboxPrompt(options: SandboxPromptOptions = {}): Promise<void> {
  const { input = process.stdin, output = process.stdout, limits = {}, imports = [] } = options
  const say = (line: string) => output.write(`${line}\n`)
  const report = await probeIsolation()
  say(`isolation: ${report.isolation}`)
  for (const note of report.notes) say(`  ${note}`)
  const { wallMs, cpuMs, memoryMb, outputChars } = { ...DEFAULT_SANDBOX_LIMITS, ...limits }
  say(
    `limits: ${wallMs} ms wall, ${cpuMs} ms CPU, ${memoryMb} MiB, ${outputChars} characters printed, for each step`,
  )
  say('Type JavaScript or TypeScript. There is one function: sleep(ms). Ctrl-D ends.')
  await using sandbox = await createSandbox({ limits })
  await using session = await sandbox.open({
    inputs: {},
    functions: [],
    imports,
    importsFrom: process.cwd(),
    seed: 'prompt',
  })
  const host: StepHost = {
    signal: new AbortController().signal,
    now: Date.now,
    call: async ({ id }) => ({ id, ms: 0, ok: false, reason: 'refused', message: 'nothing is granted here' }),
    printed: say,
  }
  let step = 0
  for await (const code of entries(input, output)) {
    step += 1
    show(await session.execute({ step, code, clock: Date.now() }, host), say)
  }
}

function show({ status, preview, error, final, lost }: Observation, say: (line: string) => void): void {
  if (error !== undefined) {
    say(`${error.name}: ${error.message}`)
    if (error.excerpt !== undefined) say(error.excerpt)
  }
  if (status !== 'ok' && status !== 'error') say(WHY[status])
  if (lost !== undefined) say(lost)
  if (preview !== '') say(preview)
  if (final !== undefined) say('(finalAnswer was called: an agent would end here)')
}

async function* entries(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): AsyncGenerator<string> {
  const lines = createInterface({ input, output, prompt: '> ' })
  let open = true
  lines.once('close', () => {
    open = false
  })
  // Piped input ends while its lines are still being run, and a closed prompt cannot be shown again.
  const ask = () => {
    if (open) lines.prompt()
  }
  let code = ''
  ask()
  for await (const line of lines) {
    code += line.endsWith('\\') ? `${line.slice(0, -1)}\n` : line
    if (!line.endsWith('\\')) {
      if (code.trim() !== '') yield code
      code = ''
    }
    ask()
  }
}
