import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorText, InputError, type Model, type ModelReply, type ModelRequest } from '@bailiwick/contract'
import { asModel } from '../as-model.ts'
import { estimateUsage } from '../reply/estimate-tokens.ts'
import type { Source } from '../source.ts'
import { findReply, parseScript, type Script, type ScriptedReply } from './script.ts'

const POLL_MS = 20

/**
 * A model with prepared replies, looked up by agent, task and step. It keeps no position of its own, so a task that
 * another process takes over gets the same replies.
 *
 * @param source the script's name, for messages
 * @throws InputError if the script has another form; (from `generate`) ModelError `model-script` if a reply is missing.
 * @example
 * ```ts
 * const model = scriptedModel({ analyst: { t1: ['finalAnswer(6 * 7)'] } })
 * ```
 */
export function scriptedModel(script: Script, source?: string): Model {
  return asModel(scriptedSource(script, source))
}

function scriptedSource(script: unknown, source = 'the script', folder = '.'): Source {
  const parsed = parseScript(script, source)
  const id = 'scripted/replies'
  return {
    id,
    async ask(request, { signal, emit }): Promise<ModelReply> {
      const scripted = findReply(parsed, request.lane, source)
      const reply = toReply(id, scripted, request)
      if (typeof scripted === 'object' && scripted.delayMs) {
        await sleep(scripted.delayMs, undefined, { signal })
      }
      if (typeof scripted === 'object' && scripted.untilFile !== undefined) {
        const file = resolve(folder, scripted.untilFile)
        while (!existsSync(file)) await sleep(POLL_MS, undefined, { signal })
      }
      if (reply.thinking) emit({ type: 'thinking', text: reply.thinking })
      for (const text of reply.text.match(/\S+\s*|\s+/g) ?? []) emit({ type: 'text', text })
      return reply
    },
  }
}

/**
 * A {@link scriptedModel} from a JSON file.
 *
 * @throws InputError if the file cannot be read or is not a script in JSON.
 * @example
 * ```ts
 * const model = await scriptedModelFromFile('replies.json')
 * ```
 */
export async function scriptedModelFromFile(path: string): Promise<Model> {
  return asModel(await scriptedSourceFromFile(path))
}

export async function scriptedSourceFromFile(path: string): Promise<Source> {
  return scriptedSource(await readScript(path), path, dirname(path))
}

async function readScript(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw new InputError(
      `Expected a script in JSON at ${path} (${errorText(cause)}). Check the path and the syntax.`,
      { cause },
    )
  }
}

function toReply(model: string, scripted: ScriptedReply, request: ModelRequest): ModelReply {
  const { text, thinking, calls, finish } =
    typeof scripted === 'string' ? { text: scripted, calls: [] } : { ...scripted }
  return {
    text,
    ...(thinking !== undefined && { thinking }),
    calls: calls.map((call, place) => ({
      id: call.id ?? `call_${place + 1}`,
      name: call.name,
      arguments: call.arguments,
    })),
    finish: finish ?? (calls.length > 0 ? 'calls' : 'stop'),
    // The cost is known: a prepared reply costs nothing.
    usage: { ...estimateUsage(request, text, thinking ?? ''), cost: 0 },
    model,
    timing: { firstMs: 0, totalMs: typeof scripted === 'object' ? (scripted.delayMs ?? 0) : 0 },
  }
}
