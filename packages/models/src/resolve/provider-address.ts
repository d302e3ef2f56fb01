import { InputError } from '@bailiwick/contract'
import { isReplayed } from '../cassette/with-cassette.ts'
import { PRESETS } from '../openai/presets.ts'
import type { ModelSettings } from './model-settings.ts'

/** Where a provider is, and the key for it. */
export interface ProviderAddress {
  baseURL: string
  apiKey: string | undefined
}

/** @throws InputError when the provider's own server is meant and its key is not set. */
export function addressOf(
  provider: string,
  env: NodeJS.ProcessEnv,
  settings: Pick<ModelSettings, 'baseURL' | 'keyVariable'> = {},
): ProviderAddress {
  const preset = PRESETS[provider]
  if (preset === undefined)
    throw new InputError(`"${provider}" is no provider: ${Object.keys(PRESETS).join(', ')}.`)
  const keyVariable = settings.keyVariable ?? preset.keyVariable
  const apiKey = keyVariable === undefined ? undefined : env[keyVariable] || undefined
  const override = settings.baseURL ?? ((preset.urlVariable && env[preset.urlVariable]) || undefined)
  if (override === undefined && apiKey === undefined && !preset.local && !isReplayed(env)) {
    throw new InputError(`${provider} needs a key: set ${keyVariable}.`)
  }
  return { baseURL: (override ?? preset.baseURL).replace(/\/+$/, ''), apiKey }
}
