import type { Model } from '@bailiwick/core/contract'
import { ollamaHost } from '../ollama/ollama-host.ts'
import { ollamaModel } from '../ollama/ollama-model.ts'
import { openaiModel } from '../openai/openai-model.ts'
import { PRESETS } from '../openai/presets.ts'
import { scriptedModelFromFile } from '../scripted/scripted-model.ts'
import { commandModel } from '../unserved/command-model.ts'
import { humanModel } from '../unserved/human-model.ts'
import type { ModelSettings } from './model-settings.ts'
import type { ModelSpec } from './parse-spec.ts'
import { addressOf } from './provider-address.ts'

/** A model, and the address of the server behind it, where there is one. */
export interface Adapter {
  model: Model
  server?: string
}

/** The bare adapter: one attempt a call, no limits, no price. */
export async function buildAdapter(
  spec: ModelSpec,
  settings: ModelSettings,
  env: NodeJS.ProcessEnv,
): Promise<Adapter> {
  switch (spec.kind) {
    case 'human':
      return { model: humanModel() }
    case 'command':
      return { model: commandModel(spec.command) }
    case 'scripted':
      return { model: await scriptedModelFromFile(spec.file) }
    case 'ollama': {
      const server = ollamaHost(settings.baseURL ?? env.OLLAMA_HOST)
      const contextTokens = settings.contextTokens ?? contextFrom(env)
      return { server, model: ollamaModel({ ...settings, model: spec.model, host: server, contextTokens }) }
    }
    case 'openai': {
      const { stream, timers, headers } = settings
      const { baseURL, apiKey } = addressOf(spec.provider, env, settings)
      const { features } = PRESETS[spec.provider] ?? {}
      const { provider, model } = spec
      return {
        server: baseURL,
        model: openaiModel({ provider, model, baseURL, apiKey, features, stream, timers, headers }),
      }
    }
  }
}

/** The server's own variable for its default context: whoever set it means to afford that much. */
function contextFrom(env: NodeJS.ProcessEnv): number | undefined {
  const tokens = Number(env.OLLAMA_CONTEXT_LENGTH)
  return Number.isSafeInteger(tokens) && tokens > 0 ? tokens : undefined
}
