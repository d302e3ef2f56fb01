import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { type Model, ModelError, type ModelReply } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { instruct } from '../reply/instruct.ts'
import type { Source } from '../source.ts'
import { showPrompt } from './show-prompt.ts'
import { unservedReply } from './text-reply.ts'

const UNSERVED = { tools: false, outputSchema: false }

/**
 * Any program that reads a prompt from its standard input and prints a reply: `command:my-llm --stdin`.
 * It is run by the shell, once a call, and ended when the call is aborted.
 *
 * @throws (from `generate`) ModelError `model-server` when it fails, `model-empty` when it prints nothing
 */
export function commandModel(command: string): Model {
  return asModel(commandSource(command))
}

export function commandSource(command: string): Source {
  const id = `command/${command.split(/\s+/)[0] ?? ''}`
  return {
    id,
    async ask(request, { signal, emit }): Promise<ModelReply> {
      const begun = performance.now()
      const { request: worded, read } = instruct(request, UNSERVED)
      const answer = await run(id, command, showPrompt(worded), signal)
      const reply = read(unservedReply(id, answer, request, begun))
      if (reply.text !== '') emit({ type: 'text', text: reply.text })
      return reply
    },
  }
}

async function run(id: string, command: string, prompt: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const child = spawn(command, { shell: true, signal, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  // A program that does not read its input is its own business; its exit code tells how it went.
  child.stdin.on('error', () => {})
  child.stdin.end(prompt)
  const [answer, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]).catch(
    (cause: unknown) => {
      if (signal.aborted) throw signal.reason
      throw new ModelError('model-unreachable', `${id} could not be run: ${String(cause)}`, { cause })
    },
  )
  if (code === 0) return answer
  throw new ModelError('model-server', `${id} ended with exit code ${code}: ${complaint.trim().slice(-500)}`)
}
