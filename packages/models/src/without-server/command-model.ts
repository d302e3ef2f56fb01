import { type ChildProcess, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { errorText, type Model, ModelError, type ModelReply } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { emulateFeatures } from '../reply/emulate.ts'
import type { Source } from '../source.ts'
import { promptText, TEXT_ONLY, textReply } from './text-reply.ts'

/** Characters of the program's errors in a message. */
const MAX_PRINTED = 500
/** Windows has no process groups. There, only the shell ends. */
const isPosix = process.platform !== 'win32'

/**
 * A program that reads a prompt from its standard input and prints a reply, such as `my-llm --stdin`. The shell runs
 * it once per call. An abort ends it and the programs that it started.
 *
 * @throws (from `generate`) ModelError `model-server` if the program fails, `model-empty` if it prints nothing,
 * `model-unreachable` if it cannot be started.
 * @example
 * ```ts
 * const model = commandModel('my-llm --stdin')
 * ```
 */
export function commandModel(command: string): Model {
  return asModel(commandSource(command))
}

export function commandSource(command: string): Source {
  const id = `command/${command.split(/\s+/)[0] ?? ''}`
  return {
    id,
    async ask(request, { signal, emit }): Promise<ModelReply> {
      const start = performance.now()
      const { request: sent, read } = emulateFeatures(request, TEXT_ONLY)
      const output = await run(id, command, promptText(sent), signal)
      const reply = read(textReply(id, output, request, start))
      if (reply.text !== '') emit({ type: 'text', text: reply.text })
      return reply
    },
  }
}

async function run(id: string, command: string, prompt: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  // A group of its own, so that an abort ends the shell and everything that it started.
  const child = spawn(command, { shell: true, signal, detached: isPosix, stdio: ['pipe', 'pipe', 'pipe'] })
  const end = () => endGroup(child)
  signal.addEventListener('abort', end, { once: true })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  // A program need not read its input. Its exit code decides whether it succeeded.
  child.stdin.on('error', () => {})
  child.stdin.end(prompt)
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]).catch(
    (cause: unknown) => {
      if (signal.aborted) throw signal.reason
      throw new ModelError(
        'model-unreachable',
        `Cannot run ${id} (${errorText(cause)}). Check the command.`,
        {
          cause,
        },
      )
    },
  )
  signal.removeEventListener('abort', end)
  if (code === 0) return output
  const printed = errors.trim().slice(-MAX_PRINTED) || 'nothing'
  throw new ModelError(
    'model-server',
    `Expected ${id} to exit with code 0, but it exited with code ${code}. Run the command in a shell to see why. It printed: ${printed}`,
  )
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined || !isPosix) return
  try {
    process.kill(-pid, 'SIGTERM')
  } catch (error) {
    // The group has ended.
    if ((error as { code?: string }).code !== 'ESRCH') throw error
  }
}
