import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import {
  InputError,
  type Model,
  type ModelEvent,
  type ModelReply,
  type ModelRequest,
} from '@bailiwick/core/contract'
import { estimateUsage } from '../reply/estimate-tokens.ts'
import { findReply } from './find-reply.ts'
import { parseScript, type Script, type ScriptedReply } from './script.ts'

/**
 * A model whose replies are written beforehand, found by agent, task and step. It keeps no position of
 * its own, so that a task taken up by another process gets the same replies.
 *
 * @example
 * ```ts
 * const model = scriptedModel({ analyst: { t1: ['finalAnswer(6 * 7)'] } })
 * ```
 */
export function scriptedModel(script: Script, source = 'the script'): Model {
  const parsed = parseScript(script, source)
  const id = 'scripted/replies'
  return {
    id,
    async *generate(request, { signal }): AsyncGenerator<ModelEvent> {
      signal.throwIfAborted()
      const reply = findReply(parsed, request.lane, source)
      const whole = toReply(id, reply, request)
      if (typeof reply === 'object' && reply.delayMs) await pause(reply.delayMs, undefined, { signal })
      if (whole.thinking) yield { type: 'thinking', text: whole.thinking }
      for (const text of whole.text.match(/\S+\s*|\s+/g) ?? []) {
        signal.throwIfAborted()
        yield { type: 'text', text }
      }
      yield { type: 'reply', reply: whole }
    },
  }
}

/**
 * {@link scriptedModel} from a JSON file.
 *
 * @throws InputError when the file cannot be read, is no JSON or no script.
 */
export async function scriptedModelFromFile(path: string): Promise<Model> {
  return scriptedModel((await readScript(path)) as Script, path)
}

async function readScript(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`scripted:${path} is no readable JSON file (${reason}).`, { cause: error })
  }
}

function toReply(model: string, reply: ScriptedReply, request: ModelRequest): ModelReply {
  const { text, thinking, calls, finish } =
    typeof reply === 'string' ? { text: reply, calls: [] } : { ...reply }
  return {
    text,
    ...(thinking !== undefined && { thinking }),
    calls: calls.map((call, place) => ({
      id: call.id ?? `call_${place + 1}`,
      name: call.name,
      arguments: call.arguments,
    })),
    finish: finish ?? (calls.length > 0 ? 'calls' : 'stop'),
    // A reply that was written beforehand costs nothing, and that is known.
    usage: { ...estimateUsage(request, text, thinking ?? ''), cost: 0 },
    model,
    timing: { firstMs: 0, totalMs: typeof reply === 'object' ? (reply.delayMs ?? 0) : 0 },
  }
}
