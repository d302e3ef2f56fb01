import { createInterface } from 'node:readline'
import { DEFAULT_SANDBOX_LIMITS, type SandboxLimits, type StepHost } from '@bailiwick/contract/world'
import { probeIsolation } from '../isolation/probe-isolation.ts'
import { createSandbox } from '../parent/create-sandbox.ts'
import { showObservation } from './show-observation.ts'

export interface SandboxPromptOptions {
  input?: NodeJS.ReadableStream
  output?: NodeJS.WritableStream
  limits?: Partial<SandboxLimits>
  /** Packages that the code may import, resolved from the current folder. */
  imports?: string[]
  signal?: AbortSignal
}

/** Short enough that nobody waits long to see a limit act. */
const PROMPT_LIMITS: Partial<SandboxLimits> = { wallMs: 3_000, cpuMs: 3_000, memoryMb: 128, waitMs: 10_000 }

const HELP = `Type JavaScript or TypeScript; it runs in the world of one session, in a process of its own.
Two tools are granted: echo({ … }) gives back what it gets, secret() is refused. Try to get out.
  .limits   the limits     .walls   what this machine puts around the code
  .edit     several lines, until a line with .end           .exit    leave
  Ctrl-C    stops what runs`

/**
 * A prompt where anyone can type code into a session and try to get out. Shows the limits, and says of
 * each refusal what stood in the way.
 *
 * @example
 * await runSandboxPrompt() // reads standard input until .exit or its end
 */
export async function runSandboxPrompt(options: SandboxPromptOptions = {}): Promise<void> {
  const { input = process.stdin, output = process.stdout, signal = new AbortController().signal } = options
  const limits = { ...PROMPT_LIMITS, ...options.limits }
  const say = (text: string) => output.write(`${text}\n`)
  const { isolation, layers, notes } = await probeIsolation()
  const walls = ['a V8 isolate', 'a process without environment', 'the runtime’s permission model']
  if (layers.limits) walls.push('prlimit')
  if (layers.container) walls.push('bubblewrap without network')
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
        message: 'secret is not granted: the host refuses the call',
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
  // Input from a file ends before the last of its lines has run.
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
