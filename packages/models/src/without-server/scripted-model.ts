import { readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { InputError, type Model, type ModelReply, type ModelRequest } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { estimateUsage } from '../reply/estimate-tokens.ts'
import type { Source } from '../source.ts'
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
export function scriptedModel(script: Script, source?: string): Model {
  return asModel(scriptedSource(script, source))
}

/** @param file the script's name, for messages */
export function scriptedSource(script: Script, file = 'the script'): Source {
  const parsed = parseScript(script, file)
  const id = 'scripted/replies'
  return {
    id,
    async ask(request, { signal, emit }): Promise<ModelReply> {
      const reply = findReply(parsed, request.lane, file)
      const whole = toReply(id, reply, request)
      if (typeof reply === 'object' && reply.delayMs) await pause(reply.delayMs, undefined, { signal })
      if (whole.thinking) emit({ type: 'thinking', text: whole.thinking })
      for (const text of whole.text.match(/\S+\s*|\s+/g) ?? []) emit({ type: 'text', text })
      return whole
    },
  }
}

/**
 * {@link scriptedModel} from a JSON file.
 *
 * @throws InputError when the file cannot be read, is no JSON or no script.
 */
export async function scriptedModelFromFile(path: string): Promise<Model> {
  return asModel(await scriptedSourceFromFile(path))
}

export async function scriptedSourceFromFile(path: string): Promise<Source> {
  return scriptedSource((await readScript(path)) as Script, path)
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
