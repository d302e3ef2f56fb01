import type { Model } from '@bailiwick/core/contract'
import { ollamaModel } from '../ollama/ollama-model.ts'
import { openaiModel } from '../openai/openai-model.ts'
import { PRESETS } from '../openai/presets.ts'
import { scriptedModelFromFile } from '../scripted/scripted-model.ts'
import { commandModel } from '../unserved/command-model.ts'
import { humanModel } from '../unserved/human-model.ts'
import type { ModelSettings } from './model-settings.ts'
import type { ModelSpec } from './parse-spec.ts'
import { addressOf } from './provider-address.ts'

/** The bare adapter: one attempt a call, no price. */
export async function buildAdapter(
  spec: ModelSpec,
  settings: ModelSettings,
  env: NodeJS.ProcessEnv,
): Promise<Model> {
  switch (spec.kind) {
    case 'human':
      return humanModel()
    case 'command':
      return commandModel(spec.command)
    case 'scripted':
      return scriptedModelFromFile(spec.file)
    case 'ollama':
      return ollamaModel({
        ...settings,
        model: spec.model,
        host: settings.baseURL ?? env.OLLAMA_HOST,
        contextTokens: settings.contextTokens ?? contextFrom(env),
      })
    case 'openai': {
      const { stream, timers, headers } = settings
      const { baseURL, apiKey } = addressOf(spec.provider, env, settings)
      const { features } = PRESETS[spec.provider] ?? {}
      return openaiModel({
        provider: spec.provider,
        model: spec.model,
        baseURL,
        apiKey,
        features,
        stream,
        timers,
        headers,
      })
    }
  }
}

/** The server's own variable for its default context: whoever set it means to afford that much. */
function contextFrom(env: NodeJS.ProcessEnv): number | undefined {
  const tokens = Number(env.OLLAMA_CONTEXT_LENGTH)
  return Number.isSafeInteger(tokens) && tokens > 0 ? tokens : undefined
}
