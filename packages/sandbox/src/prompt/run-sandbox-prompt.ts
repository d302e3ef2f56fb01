import { createInterface } from 'node:readline'
import {
  DEFAULT_SANDBOX_LIMITS,
  type SandboxLimits,
  type StepHost,
  visibleText,
} from '@bailiwick/contract/world'
import { probeIsolation } from '../isolation/probe-isolation.ts'
import { createSandbox } from '../parent/create-sandbox.ts'
import { showObservation } from './show-observation.ts'

/** Options of {@link runSandboxPrompt}. */
export interface SandboxPromptOptions {
  /** Where code is read from. Default: standard input. */
  input?: NodeJS.ReadableStream
  /** Where results are written to. Default: standard output. */
  output?: NodeJS.WritableStream
  /** Limits of the session. The defaults are short enough to see them act. */
  limits?: Partial<SandboxLimits>
  /** Packages that the code may import, resolved from the current folder. */
  imports?: string[]
  /** Ends the prompt. */
  signal?: AbortSignal
}

/** Short enough to see a limit act without a long wait. */
const PROMPT_LIMITS: Partial<SandboxLimits> = { wallMs: 3_000, cpuMs: 3_000, memoryMb: 128, waitMs: 10_000 }

const HELP = `Type JavaScript or TypeScript. It runs in the world of one session, in its own process.
Two tools exist: echo({ … }) returns its argument, and calls of secret() are refused. Try to escape.
  .limits   show the limits     .walls   show the walls around the code
  .edit     type several lines, up to a line with .end     .exit    leave
  Ctrl-C    stop the running code`

/**
 * Runs a prompt that executes code in a session, so that people can try to escape. Shows the limits and explains each
 * refusal.
 *
 * @example
 * await runSandboxPrompt() // reads standard input until .exit or its end
 */
export async function runSandboxPrompt(options: SandboxPromptOptions = {}): Promise<void> {
  const { input = process.stdin, output = process.stdout, signal = new AbortController().signal } = options
  const limits = { ...PROMPT_LIMITS, ...options.limits }
  const say = (text: string) => output.write(`${visibleText(text)}\n`)
  const { isolation, layers, notes } = await probeIsolation()
  const walls = ['a V8 isolate', 'a process without an environment', 'the runtime’s permission model']
  if (layers.limits) walls.push('prlimit')
  if (layers.container) walls.push('bubblewrap without a network')
  if (layers.seccomp) walls.push('seccomp')

  await using sandbox = await createSandbox({ limits })
  await using session = await sandbox.open({
    inputs: {},
    functions: ['echo', 'secret'].map((name) => ({ name, description: name, input: {} })),
    imports: options.imports ?? [],
    importsFrom: process.cwd(),
    seed: 'prompt',
  })
  const hostOf = (interrupted: AbortSignal): StepHost => ({
    signal: AbortSignal.any([signal, interrupted]),
    now: Date.now,
    async call({ id, name, args }) {
      if (name === 'echo') return { id, ms: 0, ok: true, value: args }
      return {
        id,
        ms: 0,
        ok: false,
        reason: 'refused',
        message: 'the host refuses the call: secret is not granted',
      }
    },
  })
  say(`isolation: ${isolation} (${walls.join(', ')})`)
  for (const note of notes) say(`  ${note}`)
  const { wallMs, cpuMs, memoryMb, outputChars } = { ...DEFAULT_SANDBOX_LIMITS, ...limits }
  say(
    `limits of a step: ${wallMs} ms, ${cpuMs} ms of CPU, ${memoryMb} MiB, ${outputChars} characters printed`,
  )
  say(HELP)

  const lines = createInterface({
    input,
    output,
    prompt: '> ',
    terminal: (input as { isTTY?: boolean }).isTTY === true,
  })
  let running: AbortController | undefined
  lines.on('SIGINT', () => (running === undefined ? lines.close() : running.abort(new Error('interrupted'))))
  signal.addEventListener('abort', () => lines.close(), { once: true })
  // If the input is a file, it ends before its last line has run.
  let ended = false
  lines.once('close', () => {
    ended = true
  })
  let step = 0
  let editing: string[] | undefined
  lines.prompt()
  for await (const line of lines) {
    const command = line.trim()
    if (editing !== undefined && command !== '.end') {
      editing.push(line)
      continue
    }
    if (command === '.exit') break
    if (command === '.edit') editing = []
    else if (command === '.help') say(HELP)
    else if (command === '.walls') say(walls.join('\n'))
    else if (command === '.limits') say(limitLines({ ...DEFAULT_SANDBOX_LIMITS, ...limits }))
    else {
      const code = editing?.join('\n') ?? line
      editing = undefined
      if (code.trim() !== '') {
        step += 1
        running = new AbortController()
        const seen = await session.execute({ step, code, clock: Date.now() }, hostOf(running.signal))
        running = undefined
        say(showObservation(seen))
      }
    }
    if (editing === undefined && !ended) lines.prompt()
  }
  lines.close()
}

function limitLines(limits: SandboxLimits): string {
  return Object.entries(limits)
    .map(([name, value]) => `${name.padEnd(16)} ${Number(value).toLocaleString('en')}`)
    .join('\n')
}
