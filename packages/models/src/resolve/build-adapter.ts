import { ollamaHost } from '../ollama/ollama-host.ts'
import { ollamaSource } from '../ollama/ollama-model.ts'
import { openaiSource } from '../openai/openai-model.ts'
import { PRESETS } from '../openai/presets.ts'
import type { Source } from '../source.ts'
import { commandSource } from '../without-server/command-model.ts'
import { humanSource } from '../without-server/human-model.ts'
import { scriptedSourceFromFile } from '../without-server/scripted-model.ts'
import type { ModelSettings } from './model-settings.ts'
import type { ModelSpec } from './parse-spec.ts'
import { addressOf } from './provider-address.ts'

/** A source, and the address of its server if it has one. */
export interface Adapter {
  source: Source
  server?: string
}

/** Builds the source that a model's name stands for: one attempt per call, without limits or prices. */
export async function buildAdapter(
  spec: ModelSpec,
  settings: ModelSettings,
  env: NodeJS.ProcessEnv,
): Promise<Adapter> {
  switch (spec.kind) {
    case 'human':
      return { source: humanSource() }
    case 'command':
      return { source: commandSource(spec.command) }
    case 'scripted':
      return { source: await scriptedSourceFromFile(spec.file) }
    case 'ollama': {
      const server = ollamaHost(settings.baseURL ?? env.OLLAMA_HOST)
      const contextTokens = settings.contextTokens ?? positiveInteger(env.OLLAMA_CONTEXT_LENGTH)
      return { server, source: ollamaSource({ ...settings, model: spec.model, host: server, contextTokens }) }
    }
    case 'openai': {
      const { stream, timers, headers } = settings
      const { baseURL, apiKey } = addressOf(spec.provider, env, settings)
      const { features } = PRESETS[spec.provider] ?? {}
      const { provider, model } = spec
      return {
        server: baseURL,
        source: openaiSource({ provider, model, baseURL, apiKey, features, stream, timers, headers }),
      }
    }
  }
}

/** The number in one of Ollama's own environment variables. Undefined if it is unset or unusable. */
export function positiveInteger(text: string | undefined): number | undefined {
  const number = Number(text)
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}
